"""Offers: who sees which, the board of staff, the page of the person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.utils.formats import date_format

from accounts.queries import is_staff
from applications.states import StreamApplicationState
from core.access import kept_from
from core.deadlines import Deadline
from matching.models import MatchRun, Offer
from matching.queries.dates import PREFERENCES_CLOSE, RANKINGS_CLOSE, is_over
from matching.queries.preferences import unlocked_applications
from matching.queries.rankings import unlocked_lists
from matching.states import OfferState
from streams.models import Cycle, Stream, StreamTrack

#: A request that arrived in time may still be at work when the offer lapses: the beat waits for it.
IN_FLIGHT = timedelta(minutes=1)
#: Chip of each state: whose move it is.
CHIP = {
    OfferState.DRAFT: "none",
    OfferState.SENT: "wait",
    OfferState.ACCEPTED: "done",
    OfferState.DECLINED: "over",
    OfferState.EXPIRED: "over",
    OfferState.CANCELLED: "over",
}


#: The same for the person, in their words.
OWN_WORDS = {
    OfferState.DRAFT: ("none", "Not sent"),
    OfferState.SENT: ("move", "Your move"),
    OfferState.ACCEPTED: ("done", "Accepted"),
    OfferState.DECLINED: ("over", "Declined by you"),
    OfferState.EXPIRED: ("over", "Lapsed"),
    OfferState.CANCELLED: ("over", "Given back"),
}


def offers_visible_to(user: Any) -> QuerySet[Offer]:
    """Return the offers ``user`` may know of: their own once sent; for staff those of people they are not kept from."""
    if user.is_anonymous:
        return Offer.objects.none()
    if is_staff(user):
        own = Q(application__person_id=user.pk, sent_at__isnull=False)
        return Offer.objects.filter(own | ~Q(application__person_id__in=kept_from(user)))
    return own_offers(user)


def own_offers(user: Any) -> QuerySet[Offer]:
    """Return the offers that were sent to ``user``: a drafted one is no offer yet."""
    if user.is_anonymous:
        return Offer.objects.none()
    return Offer.objects.filter(application__person_id=user.pk, sent_at__isnull=False)


def offers_due(now: datetime) -> QuerySet[Offer]:
    """Return the unanswered offers whose time is over, for the beat."""
    return Offer.objects.filter(state=OfferState.SENT, expires_at__lte=now - IN_FLIGHT).order_by("pk")


def cycles_to_lock(now: datetime) -> QuerySet[Cycle]:
    """Return the cycles with open lists whose date has passed, for the beat."""
    due = [
        cycle.pk
        for cycle in Cycle.objects.order_by("pk")
        if (is_over(cycle, RANKINGS_CLOSE, now) and unlocked_lists(cycle).exists())
        or (is_over(cycle, PREFERENCES_CLOSE, now) and unlocked_applications(cycle).exists())
    ]
    return Cycle.objects.filter(pk__in=due).order_by("pk")


@dataclass(frozen=True)
class SeatRow:
    """The seats of one stream."""

    title: str
    granted: int
    reserved: int
    accepted: int

    @property
    def free(self) -> int:
        """Seats that nobody holds."""
        return self.granted - self.reserved - self.accepted


@dataclass(frozen=True)
class OfferRow:
    """One line of the board."""

    public_id: str
    reference: str
    name: str
    stream: str
    state: str
    state_label: str
    kind: str
    seat: int
    sent_at: datetime | None
    expires_at: datetime
    expires_zone: str
    replied_at: datetime | None


def seat_rows(cycle: Cycle) -> list[SeatRow]:
    """Return the seats of each stream that has any, by title."""
    reserved = Count("offers", filter=Q(offers__state__in=[OfferState.DRAFT, OfferState.SENT]))
    accepted = Count("offers", filter=Q(offers__state=OfferState.ACCEPTED))
    streams = Stream.objects.filter(cycle=cycle, seats_granted__gt=0).annotate(reserved=reserved, accepted=accepted)
    return [SeatRow(s.title, s.seats_granted, s.reserved, s.accepted) for s in streams.order_by("title")]


def offer_rows(user: Any, cycle: Cycle, state: str = "") -> list[OfferRow]:
    """Return the offers of ``cycle`` that staff see, of one state or all, by stream and seat."""
    offers = offers_visible_to(user).filter(stream__cycle=cycle).exclude(application__person_id=user.pk)
    if state in OfferState.values:
        offers = offers.filter(state=state)
    return [
        OfferRow(
            o.public_id,
            o.application.reference,
            str(o.application.person),
            o.stream.title,
            o.state,
            o.get_state_display(),
            CHIP[OfferState(o.state)],
            o.seat,
            o.sent_at,
            o.expires_at,
            o.expires_zone,
            o.replied_at,
        )
        for o in offers.select_related("application__person", "stream").order_by("stream__title", "seat", "pk")
    ]


def offer_counts(cycle: Cycle) -> dict[str, int]:
    """Return how many offers of ``cycle`` are in each state."""
    counted = Offer.objects.filter(stream__cycle=cycle).values_list("state").annotate(n=Count("pk"))
    return dict.fromkeys(OfferState.values, 0) | dict(counted)


def drafted_offers(run: MatchRun) -> QuerySet[Offer]:
    """Return the offers of a run that wait for their release, with what the release page shows."""
    return (
        Offer.objects.filter(run=run, state=OfferState.DRAFT)
        .select_related("application__person", "application__cycle", "stream", "stream_application")
        .order_by("stream__title", "seat")
    )


def leaves_before_release(offer: Offer) -> bool:
    """Say whether the person of a drafted offer has left the stream meanwhile."""
    return offer.stream_application.internal_state != StreamApplicationState.IN_STREAM_REVIEW


class ExportedOffer(NamedTuple):
    """One line of the exported list; the fields of ``EXPORTED`` in their order."""

    reference: str
    name: str
    email: str
    stream_id: int
    stream: str
    state: str
    sent_at: datetime | None
    expires_at: datetime
    replied_at: datetime | None
    seat: int
    site: str | None


EXPORTED = (
    "application__reference", "application__person__display_name", "application__person__email", "stream_id",
    "stream__title", "state", "sent_at", "expires_at", "replied_at", "seat", "stream__site__name",
)  # fmt: skip


def exported_offers(cycle: Cycle) -> Iterator[ExportedOffer]:
    """Yield all offers of ``cycle`` from a cursor on the server, in a stable order, however many there are.

    Plain values: building a row of the model with its relations for each line costs ten times as much.
    """
    rows = Offer.objects.filter(stream__cycle=cycle).order_by("stream__title", "seat", "pk").values_list(*EXPORTED)
    return map(ExportedOffer._make, rows.iterator(chunk_size=2000))


def track_names_of_streams(cycle: Cycle) -> dict[int, str]:
    """Return for each stream of ``cycle`` the names of its tracks, the primary one first."""
    names: dict[int, list[str]] = {}
    parts = StreamTrack.objects.filter(stream__cycle=cycle).order_by("stream", "-primary", "track")
    for stream_id, name in parts.values_list("stream_id", "track__name"):
        names.setdefault(stream_id, []).append(name)
    return {stream_id: "; ".join(found) for stream_id, found in names.items()}


@dataclass(frozen=True)
class Fact:
    """One thing to know about a place."""

    label: str
    value: str


@dataclass(frozen=True)
class OwnOffer:
    """An offer as its person sees it."""

    public_id: str
    stream: str
    stream_slug: str
    summary: str
    facts: list[Fact]
    starts_on: date
    ends_on: date
    state: str
    state_label: str
    kind: str
    reply_by: Deadline
    sent_at: datetime | None
    replied_at: datetime | None
    reply_reason: str
    can_answer: bool


def own_offer_rows(user: Any, moment: datetime, *, public_id: str = "") -> list[OwnOffer]:
    """Return the offers sent to ``user``, open ones first; with ``public_id`` that one alone."""
    offers = (
        own_offers(user)
        .select_related("stream__site", "stream__cycle")
        .prefetch_related("stream__stream_mentors__mentor", "stream__cadences", "stream__agreements")
        .annotate(
            rank=Case(
                When(state=OfferState.SENT, then=Value(0)),
                When(state=OfferState.ACCEPTED, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
        )
        .order_by("rank", F("sent_at").desc(), "pk")
    )
    if public_id:
        offers = offers.filter(public_id=public_id)
    return [_own(offer, moment) for offer in offers]


def _own(offer: Offer, moment: datetime) -> OwnOffer:
    stream, cycle = offer.stream, offer.stream.cycle
    kind, label = OWN_WORDS[OfferState(offer.state)]
    return OwnOffer(
        public_id=offer.public_id,
        stream=stream.title,
        stream_slug=stream.slug,
        summary=stream.summary,
        facts=_facts(stream),
        starts_on=cycle.programme_starts_on,
        ends_on=cycle.programme_ends_on,
        state=offer.state,
        state_label=label,
        kind=kind,
        reply_by=Deadline(offer.expires_at, offer.expires_zone),
        sent_at=offer.sent_at,
        replied_at=offer.replied_at,
        reply_reason=offer.reply_reason,
        can_answer=offer.state == OfferState.SENT and moment < offer.expires_at,
    )


def _facts(stream: Stream) -> list[Fact]:
    agreement = next(iter(stream.agreements.all()), None)
    meetings = [
        f"{meeting.minutes} min, {meeting.get_format_display()}, {meeting.get_frequency_display()}"
        for meeting in stream.cadences.all()
    ]
    starts, ends = stream.cycle.programme_starts_on, stream.cycle.programme_ends_on
    facts = [
        Fact("Place", f"{stream.site or 'Remote'} ({stream.get_in_person_display()})"),
        Fact("Dates", f"{date_format(starts, 'j F Y')} to {date_format(ends, 'j F Y')}"),
        Fact("Mentors", ", ".join(part.mentor.display_name for part in stream.stream_mentors.all())),
        Fact("Project", stream.get_selection_mode_display()),
        Fact("Meetings", "; ".join(meetings)),
        Fact("Agreement", str(agreement) if agreement else "None"),
    ]
    return [fact for fact in facts if fact.value]
