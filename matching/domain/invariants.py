"""Statements that hold for lists, runs and offers, always. Each function returns the rows that break its statement."""

from collections.abc import Callable, Iterable

from django.db.models import Count, F, Q, QuerySet

from applications.models import Application, StreamApplication
from applications.states import ApplicationState
from matching.engine import Instance, InstanceError, verify
from matching.models import MatchRun, Offer, PreferenceEntry, RankEntry
from matching.queries.runs import digest, inputs_hash
from matching.states import HOLDS_SEAT, OfferState, RunState
from streams.models import Stream

LIVE = sorted(HOLDS_SEAT)


def streams_with_more_offers_than_seats() -> QuerySet[Stream]:
    """No stream holds more drafted, open and accepted offers than it was granted seats."""
    return Stream.objects.annotate(n_held=Count("offers", filter=Q(offers__state__in=LIVE))).filter(
        n_held__gt=F("seats_granted")
    )


def offers_on_a_seat_that_does_not_exist() -> QuerySet[Offer]:
    """Every held seat is one of the granted ones."""
    return Offer.objects.filter(state__in=LIVE, seat__gt=F("stream__seats_granted"))


def people_with_two_accepted_offers() -> QuerySet[Application]:
    """Nobody accepted two offers of one cycle."""
    accepted = Count("offers", filter=Q(offers__state=OfferState.ACCEPTED))
    return Application.objects.annotate(n_accepted=accepted).filter(n_accepted__gt=1)


def sent_offers_without_an_approved_run() -> QuerySet[Offer]:
    """No offer left the house that a second person had not approved."""
    return Offer.objects.filter(sent_at__isnull=False).exclude(run__state=RunState.APPROVED)


def offers_for_another_application() -> QuerySet[Offer]:
    """An offer, its stream application, its stream and its run belong together."""
    return Offer.objects.exclude(
        stream_application__application_id=F("application_id"),
        stream_application__stream_id=F("stream_id"),
        run__cycle_id=F("stream__cycle_id"),
    )


def accepted_people_without_an_accepted_offer() -> QuerySet[Application]:
    """Whoever is accepted holds an accepted offer."""
    accepted = Offer.objects.filter(state=OfferState.ACCEPTED).values("application_id")
    return Application.objects.filter(internal_state=ApplicationState.ACCEPTED).exclude(pk__in=accepted)


def accepted_offers_of_people_who_are_not_accepted() -> QuerySet[Offer]:
    """Whoever holds an accepted offer is accepted, unless they left afterwards."""
    return Offer.objects.filter(state=OfferState.ACCEPTED).exclude(
        application__internal_state__in=[ApplicationState.ACCEPTED, ApplicationState.WITHDRAWN]
    )


def open_offers_of_people_who_are_not_offered() -> QuerySet[Offer]:
    """Whoever holds an open offer reads that they have one."""
    return Offer.objects.filter(state=OfferState.SENT).exclude(
        application__internal_state=ApplicationState.OFFERED, application__released_state=ApplicationState.OFFERED
    )


def answered_offers_without_a_time() -> QuerySet[Offer]:
    """Every answer has its instant, and it lies before the expiry."""
    answered = Offer.objects.filter(state__in=[OfferState.ACCEPTED, OfferState.DECLINED])
    return answered.filter(Q(replied_at__isnull=True) | Q(sent_at__isnull=True)) | answered.filter(
        state=OfferState.ACCEPTED, replied_at__gte=F("expires_at")
    )


def computed_runs_that_do_not_match_their_checksums() -> Iterable[MatchRun]:
    """What a run read and found is what was stored."""
    for run in MatchRun.objects.filter(result__isnull=False):
        if digest(run.result) != run.result_sha256 or inputs_hash(run.inputs) != run.inputs_sha256:
            yield run


def approved_runs_that_are_not_stable() -> Iterable[MatchRun]:
    """The certificate of every approved run holds when it is made anew."""
    for run in MatchRun.objects.filter(state=RunState.APPROVED):
        try:
            found = verify(Instance.from_json(run.inputs), run.result["matching"])
        except InstanceError:
            yield run
            continue
        if not (found.feasible and found.stable):
            yield run


def entries_on_a_foreign_list() -> QuerySet[StreamApplication]:
    """A list names only its own person's streams, or its own stream's people."""
    strayed = PreferenceEntry.objects.exclude(
        preference_list__application_id=F("stream_application__application_id")
    ).values("stream_application_id")
    misplaced = RankEntry.objects.exclude(rank_list__stream_id=F("stream_application__stream_id")).values(
        "stream_application_id"
    )
    return StreamApplication.objects.filter(Q(pk__in=strayed) | Q(pk__in=misplaced))


ALL: list[Callable[[], Iterable]] = [
    streams_with_more_offers_than_seats,
    offers_on_a_seat_that_does_not_exist,
    people_with_two_accepted_offers,
    sent_offers_without_an_approved_run,
    offers_for_another_application,
    accepted_people_without_an_accepted_offer,
    accepted_offers_of_people_who_are_not_accepted,
    open_offers_of_people_who_are_not_offered,
    answered_offers_without_a_time,
    computed_runs_that_do_not_match_their_checksums,
    approved_runs_that_are_not_stable,
    entries_on_a_foreign_list,
]
