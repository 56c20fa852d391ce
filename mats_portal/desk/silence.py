"""Nobody is left in silence: every live application has a dated next event, and what has none is found."""

from dataclasses import dataclass
from typing import Any

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet

from applications.models import Application
from applications.queries import dates_of
from applications.queries.due import own_close
from applications.queries.integrity import question_open
from applications.queries.next_events import LIVE, next_event
from applications.states import ApplicationState, Window
from core import clock
from matching.models import Offer
from matching.states import OfferState
from streams.models import Cycle
from streams.queries import key_instant

log = structlog.get_logger(__name__)
A = ApplicationState
#: States that a person's own deadline keeps open after the published one.
OWN_WINDOW = {A.DRAFT: Window.GENERAL, A.STAGE2: Window.STAGE2}


def in_silence(cycle: Cycle) -> QuerySet[Application]:
    """Return the live applications of ``cycle`` that have no dated next event now; a fixed number of queries."""
    dates, now = dates_of(cycle), clock.now()
    silent: Any = Q(pk__in=[])
    for state in sorted(LIVE - {A.OFFERED}):
        if next_event(state, dates) is not None or (state == A.ACCEPTED and _is_over(cycle)):
            continue
        here = Q(released_state=state)
        entry = dates.by_code.get(OWN_WINDOW.get(A(state), ""))
        silent |= (here & Q(**{f"own_{state}__lte": now - dates.grace})) if entry else here
    open_offer = Offer.objects.filter(
        application=OuterRef("pk"), state=OfferState.SENT, expires_at__gt=now - dates.grace
    )
    silent |= Q(released_state=A.OFFERED) & ~Exists(open_offer)
    # Whoever was asked about a submission waits for that: its date is one to come, and none other makes up for it.
    has_question, waits_too_long = question_open(now)
    silent = silent & ~has_question | waits_too_long
    own = {
        f"own_{state}": own_close(dates.by_code[window].starts_at, window)
        for state, window in OWN_WINDOW.items()
        if window in dates.by_code
    }
    return Application.objects.filter(cycle=cycle).annotate(**own).filter(silent).order_by("pk")


def _is_over(cycle: Cycle) -> bool:
    """Say whether the programme has ended: then a place in it has no further date."""
    ends = key_instant(cycle, "programme_ends")
    return ends is not None and clock.now() >= ends


@dataclass(frozen=True)
class SilentRow:
    """One application without a dated next event, for staff."""

    public_id: str
    reference: str
    name: str
    state: str
    released: str


def silent_rows(cycle: Cycle, *, size: int = 200) -> list[SilentRow]:
    """Return the first of them for the page."""
    return [
        SilentRow(
            row.public_id,
            row.reference,
            str(row.person),
            row.get_internal_state_display(),
            row.get_released_state_display(),
        )
        for row in in_silence(cycle).select_related("person")[:size]
    ]


def count_silence() -> int:
    """Count them over all cycles that still run, and leave a line in the log if there are any."""
    total = 0
    for cycle in Cycle.objects.order_by("pk"):
        if not _is_over(cycle) and (count := in_silence(cycle).count()):
            log.warning("applications_in_silence", cycle=cycle.code, count=count)
            total += count
    return total
