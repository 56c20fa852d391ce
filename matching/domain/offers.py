"""Offers: drafted from an approved run, released together, answered one by one."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from applications.domain.offers import record_acceptance, record_loss, record_offer
from applications.models import Application, StreamApplication
from applications.states import ApplicationState, StreamApplicationState
from core import audit, clock, outbox
from core.deadlines import Deadline, written
from core.refusals import Refused
from core.states import MailClass
from core.transitions import locked, transition
from matching.models import MatchRun, Offer
from matching.queries import dates
from matching.states import HOLDS_SEAT, OfferState, RunState
from streams.models import Stream

#: Reason of the system when another offer was taken; shown on the offer's page.
TOOK_ANOTHER = "Accepted another offer."


@transaction.atomic
def draft_offers(*, run: MatchRun, stream_applications: Sequence[StreamApplication], by: Any) -> list[Offer]:
    """Reserve a seat for each of these stream applications. Raises ``Refused`` where a stream has too few.

    The rows of the streams are locked in one order, so that two batches cannot hold each other up.
    """
    reply_by = _reply_by(run)
    wanted: dict[int, list[StreamApplication]] = defaultdict(list)
    for row in stream_applications:
        wanted[row.stream_id].append(row)
    offers = []
    for stream_id in sorted(wanted):
        stream = locked(Stream(pk=stream_id))
        for row, seat in zip(wanted[stream_id], free_seats(stream, len(wanted[stream_id])), strict=True):
            offers.append(
                Offer(
                    application_id=row.application_id,
                    stream_application=row,
                    stream=stream,
                    run=run,
                    seat=seat,
                    expires_at=reply_by.closes_at,
                    expires_zone=reply_by.zone,
                )
            )
    Offer.objects.bulk_create(offers)
    for offer in offers:
        audit.record("draft", offer, by=by, after=OfferState.DRAFT, seat=offer.seat)
    return offers


def free_seats(stream: Stream, n_wanted: int) -> list[int]:
    """Return the lowest ``n_wanted`` free seats of a locked stream. Raises ``Refused`` if there are fewer."""
    taken = set(Offer.objects.filter(stream=stream, state__in=sorted(HOLDS_SEAT)).values_list("seat", flat=True))
    free = [seat for seat in range(1, stream.seats_granted + 1) if seat not in taken]
    if len(free) < n_wanted:
        raise Refused(
            _("%(stream)s has %(free)d free seats and %(wanted)d are wanted.")
            % {"stream": stream.title, "free": len(free), "wanted": n_wanted}
        )
    return free[:n_wanted]


@transaction.atomic
def release_offers(*, run: MatchRun, by: Any) -> int:
    """Send all drafted offers of an approved run at once. Returns how many were sent.

    Somebody who left meanwhile gets none: that offer is cancelled and its seat free. Raises ``Refused`` when nothing
    is drafted, when the run is not approved, and when the date for replies has passed.
    """
    run = locked(run, "cycle")
    if run.state != RunState.APPROVED:
        raise Refused(_("Offers are released from an approved run only."))
    reply_by = _reply_by(run)
    drafted = run.offers.filter(state=OfferState.DRAFT).order_by("application_id", "pk")
    if not drafted.exists():
        raise Refused(_("No drafted offers are left to release."))
    n_sent = 0
    for draft in drafted:
        application = locked(Application(pk=draft.application_id), "person", "cycle")
        offer = locked(draft, "stream", "stream_application")
        is_here = (
            application.internal_state in {ApplicationState.FINAL, ApplicationState.OFFERED}
            and offer.stream_application.internal_state == StreamApplicationState.IN_STREAM_REVIEW
        )
        if not is_here:
            transition(offer, "cancel", by=by)
            continue
        transition(offer, "send", by=by, sent_at=clock.now(), expires_at=reply_by.closes_at, expires_zone=reply_by.zone)
        record_offer(application=application, by=by)
        _mail("offer", offer, application, mail_class=MailClass.HOLD, key=f"offer:{offer.public_id}")
        n_sent += 1
    audit.record("release", run, by=by, n_sent=n_sent)
    return n_sent


@transaction.atomic
def accept_offer(*, offer: Offer, by: Any) -> Offer:
    """Take the place. Other open offers to the same person are given back.

    Raises ``Refused`` once the offer is answered or over; arrival before the expiry counts, however long we take.
    """
    # The person's row first: two accepts of one person, also of two offers, come one after the other.
    application = locked(Application(pk=offer.application_id), "person", "cycle")
    offer = locked(offer, "stream")
    _check_answerable(offer, application)
    if clock.arrival() >= offer.expires_at:
        raise Refused(_("This offer lapsed on %(when)s.") % {"when": _expiry(offer).official()})
    try:
        with transaction.atomic():
            offer = transition(offer, "accept", by=by, replied_at=clock.arrival())
    except IntegrityError as error:
        raise Refused(_("You have accepted another offer already. Nothing was changed.")) from error
    for other in application.offers.filter(state__in=[OfferState.SENT, OfferState.DRAFT]).order_by("pk"):
        if other.state == OfferState.SENT:
            transition(locked(other), "decline", by=by, replied_at=clock.arrival(), reply_reason=TOOK_ANOTHER)
        else:
            transition(locked(other), "cancel", by=by)
    record_acceptance(application=application, by=by)
    _mail("offer_accepted", offer, application, key=f"offer-accepted:{offer.public_id}")
    return offer


@transaction.atomic
def decline_offer(*, offer: Offer, by: Any, reason: str = "") -> Offer:
    """Give the place back; ``reason`` is optional and read by staff. Raises ``Refused`` once answered or over."""
    application = locked(Application(pk=offer.application_id), "person", "cycle")
    offer = locked(offer, "stream")
    _check_answerable(offer, application)
    offer = transition(offer, "decline", by=by, replied_at=clock.arrival(), reply_reason=reason.strip()[:2000])
    _settle(application, by=by)
    _mail("offer_declined", offer, application, key=f"offer-declined:{offer.public_id}")
    return offer


@transaction.atomic
def expire_offer(*, offer: Offer, by: Any = None) -> Offer:
    """Let an unanswered offer lapse and free its seat. Raises ``Refused`` before its time or once answered."""
    application = locked(Application(pk=offer.application_id), "person", "cycle")
    offer = locked(offer, "stream")
    if clock.now() < offer.expires_at:
        raise Refused(_("This offer is open until %(when)s.") % {"when": _expiry(offer).official()})
    offer = transition(offer, "expire", by=by)
    _settle(application, by=by)
    _mail("offer_lapsed", offer, application, mail_class=MailClass.HOLD, key=f"offer-lapsed:{offer.public_id}")
    return offer


@transaction.atomic
def cancel_offers_of(*, application: Application, by: Any) -> int:
    """Give back every drafted and open offer of somebody who withdraws. Returns how many.

    Call in the transaction of the withdrawal, after it. Mails about them that have not left are stopped.
    """
    application = locked(application)
    offers = application.offers.filter(state__in=[OfferState.DRAFT, OfferState.SENT]).order_by("pk")
    for offer in offers:
        transition(locked(offer), "cancel", by=by)
        outbox.stop_waiting(key_prefix=f"offer:{offer.public_id}")
    return len(offers)


def _check_answerable(offer: Offer, application: Application) -> None:
    """Say what happened to an offer that can no longer be answered, in the words of the person's own acts."""
    if offer.state == OfferState.SENT:
        return
    zone = application.person.timezone or "UTC"
    if offer.state == OfferState.ACCEPTED:
        text = _("You accepted %(stream)s on %(when)s. Nothing was changed.")
    elif offer.state == OfferState.DECLINED:
        text = _("You declined %(stream)s on %(when)s. Nothing was changed.")
    else:
        raise Refused(_("This offer is no longer open. Nothing was changed."))
    raise Refused(text % {"stream": offer.stream.title, "when": written(offer.replied_at, zone)})


def _settle(application: Application, *, by: Any) -> None:
    if not application.offers.filter(state=OfferState.SENT).exists():
        record_loss(application=application, by=by)


def _reply_by(run: MatchRun) -> Deadline:
    reply_by = dates.deadline(run.cycle, dates.OFFERS_REPLY_BY)
    if reply_by is None:
        raise Refused(_("The cycle has no date for replies to offers. Set it first."))
    if clock.now() >= reply_by.closes_at:
        raise Refused(_("The date for replies has passed: %(when)s. Move it first.") % {"when": reply_by.official()})
    return reply_by


def _expiry(offer: Offer) -> Deadline:
    return Deadline(offer.expires_at, offer.expires_zone)


def mail_context(event: str, offer: Offer, reply_by: Deadline) -> dict[str, Any]:
    """Return what a mail about an offer says; also for showing it before it is sent."""
    application = offer.application
    return {
        "name": str(application.person),
        "cycle": application.cycle.name,
        "stream": offer.stream.title,
        "reply_by": reply_by.official(),
        "path": reverse("matching:offer", args=[offer.public_id]),
        "starts_on": application.cycle.programme_starts_on,
        "ends_on": application.cycle.programme_ends_on,
        "event": event,
        "base_url": settings.PORTAL_BASE_URL,
    }


def _mail(event: str, offer: Offer, application: Application, *, key: str, mail_class: str = MailClass.RESEND) -> None:
    offer.application = application
    context = mail_context(event, offer, _expiry(offer))
    del context["base_url"]  # the outbox adds it
    outbox.enqueue(
        key=key,
        to=application.person.email,
        person=application.person,
        template=f"matching/mail/{event}.txt",
        mail_class=mail_class,
        **context,
    )
