"""Make a cycle the public one: asked for by one person, confirmed by another, taken back while nobody has applied."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from core import audit, clock
from core.refusals import Refused
from core.transitions import locked, transition
from mats_portal.desk.models import CyclePublication, PublicationState
from mats_portal.desk.readiness import open_elsewhere, stands_against
from streams.domain.programme import make_public_current, take_off_public_site
from streams.domain.streams import publish_stream
from streams.models import Cycle, Stream
from streams.states import StreamState


@transaction.atomic
def propose_publication(*, cycle: Cycle, by: Any) -> CyclePublication:
    """Ask a second person to make ``cycle`` public. Nothing is shown before they have confirmed it.

    Raises ``Refused`` while something stands against it, and while it was asked for already.
    """
    cycle = locked(cycle)
    _check(cycle)
    try:
        with transaction.atomic():
            row = CyclePublication.objects.create(cycle=cycle, proposed_by=by)
    except IntegrityError as error:
        raise Refused("This was asked for already. A second person confirms it, or one of you puts it away.") from error
    audit.record("propose_publication", row, by=by, after=row.state, cycle=cycle.code)
    return row


def _check(cycle: Cycle) -> None:
    if cycle.is_public_current:
        raise Refused(f"{cycle} is the public cycle already.")
    if against := stands_against(cycle):
        raise Refused(f"{cycle} is not ready: {' '.join(against[:3])}")
    if still_open := open_elsewhere(cycle):
        raise Refused(f"{still_open} Nobody could begin one there any more. Wait for that date.")


@transaction.atomic
def confirm_publication(*, publication: CyclePublication, by: Any) -> CyclePublication:
    """Show the cycle on the public site, as the second person; everything is checked again. Twice is once."""
    publication = locked(publication, "cycle")
    if publication.state == PublicationState.DONE:
        return publication
    if publication.proposed_by_id == by.pk:
        raise Refused("You asked for this. Another person looks at it and confirms it.")
    cycle = locked(publication.cycle)
    _check(cycle)
    replaced = Cycle.objects.filter(is_public_current=True).first()
    make_public_current(cycle=cycle, by=by)
    return transition(publication, "confirm", by=by, confirmed_by=by, confirmed_at=clock.now(), replaced=replaced)


@transaction.atomic
def discard_publication(*, publication: CyclePublication, by: Any) -> CyclePublication:
    """Put away what nobody confirmed. Twice is once."""
    publication = locked(publication)
    if publication.state == PublicationState.DISCARDED:
        return publication
    return transition(publication, "discard", by=by, ended_at=clock.now())


@transaction.atomic
def undo_publication(*, publication: CyclePublication, by: Any) -> CyclePublication:
    """Show again what was shown before, or nothing. Twice is once.

    Raises ``Refused`` once somebody has begun to apply, and once another cycle is the public one.
    """
    publication = locked(publication, "cycle")
    if publication.state == PublicationState.UNDONE:
        return publication
    # The strong lock waits for whoever is just beginning to apply, so that they are seen.
    cycle = Cycle.objects.select_for_update().get(pk=publication.cycle_id)
    if publication.state == PublicationState.DONE and not cycle.is_public_current:
        raise Refused(f"{cycle} is not the public cycle any more: there is nothing to take back.")
    if cycle.applications.exists():
        raise Refused(f"Somebody has begun an application to {cycle}. It stays public.")
    publication = transition(publication, "undo", by=by, ended_at=clock.now())
    if publication.replaced is not None:
        make_public_current(cycle=publication.replaced, by=by)
    else:
        take_off_public_site(cycle=cycle, by=by)
    return publication


@transaction.atomic
def publish_streams(*, cycle: Cycle, streams: Sequence[str], by: Any) -> int:
    """Publish those drafts of ``cycle`` (public ids) that have seats, all or none; says how many there were.

    Raises ``Refused`` for one without seats. What is published already stays as it is.
    """
    chosen = Stream.objects.filter(cycle=cycle, public_id__in=streams, state=StreamState.DRAFT).order_by("pk")
    rows = list(chosen)
    for row in rows:
        publish_stream(stream=row, by=by)
    return len(rows)
