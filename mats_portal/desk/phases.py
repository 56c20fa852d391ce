"""What the calendar itself does: at each window's instant, once, whether the clock is on time, late or runs twice.

Nothing here remembers what was done: each step asks which rows are due and moves them by the same functions that
people use. A row that cannot be moved is logged and left; the others go on, and the next beat asks again.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from django.db import models

from applications import queries as applying
from applications.domain import concerns, exceptions, references, timed
from applications.domain import phases as acts
from applications.domain.reminders import remind_of_close
from core import clock, jobs
from core.advisory import PHASES, sole_holder
from core.models import Job
from core.refusals import Refused
from core.states import JobState
from matching import queries as matching
from matching.domain import offers, rankings
from reviews import queries as reviewing
from reviews.domain import assignments, batches, conflicts
from reviews.domain.invariants import readings_in_conflict
from streams.models import Cycle
from streams.queries import key_instant

ASK_AGAIN_AFTER = timedelta(hours=1)
log = structlog.get_logger(__name__)


def move_phases() -> dict[str, int]:
    """Do everything that is due now, in the order of the calendar. Returns how many rows each step moved."""
    with sole_holder(PHASES) as alone:
        if not alone:
            return {}
        # One instant for all steps: a clock that is moved between two of them would do the second without the first.
        with clock.at(clock.now()):
            moved = _move_all()
    done = {step: count for step, count in moved.items() if count}
    if done:
        log.info("phases_moved", **done)
    return done


def _move_all() -> dict[str, int]:
    moved: dict[str, int] = {}
    for cycle in Cycle.objects.order_by("pk"):
        for step, count in _move_cycle(cycle).items():
            moved[step] = moved.get(step, 0) + count
    moved["offers_expired"] = _each(matching.offers_due(clock.now()), "offer", offers.expire_offer)
    return moved


def _move_cycle(cycle: Cycle) -> dict[str, int]:
    return {
        "closed": _each(applying.due_for_close(cycle), "application", acts.close_application),
        "batches_released": _each(
            reviewing.batches_due(clock.now()).filter(cycle=cycle), "batch", batches.release_batch
        ),
        "stage2_opened": _each(applying.due_for_stage2(cycle), "application", acts.open_stage2),
        "referees_asked": _each(applying.references_to_request(cycle), "reference", references.request_reference),
        "referees_reminded": _remind_referees(cycle),
        "applicants_reminded": _remind_applicants(cycle),
        "references_expired": _each(applying.references_to_expire(cycle), "reference", references.expire_reference),
        "tasks_timed_out": _each(applying.timed_out(cycle), "assignment", timed.end_timed_task),
        "stage2_closed": _each(applying.due_for_review(cycle), "application", acts.close_stage2),
        "concerns_ended": _each(applying.cases_to_end(cycle), "case", concerns.end_case),
        "concerns_reminded": _remind_of_concerns(cycle),
        "tasks_closed": _each(applying.tasks_to_close(cycle), "assignment", exceptions.close_task),
        "reading_assigned": _assign_reading(cycle),
        "conflicts_settled": _settle_conflicts(cycle),
        "readers_reminded": _remind_readers(cycle),
        "lists_locked": _each(matching.cycles_to_lock(clock.now()).filter(pk=cycle.pk), "cycle", rankings.lock_lists),
    }


def _each(rows: Iterable[models.Model], name: str, act: Callable[..., Any]) -> int:
    """Do ``act`` for each row in a transaction of its own. Returns how many succeeded."""
    moved = 0
    for row in rows:
        try:
            act(**{name: row})
        except Refused as refusal:
            # Somebody acted between our question and our lock; the next beat asks again.
            log.info("phase_refused", step=_name(act), row=row.pk, reason=str(refusal))
        except Exception:
            log.exception("phase_failed", step=_name(act), row=row.pk)
        else:
            moved += 1
    return moved


def _remind_applicants(cycle: Cycle) -> int:
    reminded = 0
    for application, window, lead in applying.closes_to_remind_of(cycle):
        reminded += _each([application], "application", partial(remind_of_close, window=window, lead=lead))
    return reminded


def _name(act: Callable[..., Any]) -> str:
    return str(getattr(act, "func", act).__name__)  # a partial names the function inside it


def _remind_referees(cycle: Cycle) -> int:
    reminded = 0
    for reference, reminder in applying.references_to_remind(cycle):
        reminded += _each([reference], "reference", partial(references.remind_referee, reminder=reminder))
    return reminded


def _remind_of_concerns(cycle: Cycle) -> int:
    reminded = 0
    for case, lead in applying.cases_to_remind(cycle):
        reminded += _each([case], "case", partial(concerns.remind_of_concern, lead=lead))
    return reminded


def _remind_readers(cycle: Cycle) -> int:
    reminded = 0
    for reader, due_at, lead in reviewing.readers_to_remind(cycle):
        reminded += _each([reader], "reader", partial(assignments.remind_reader, cycle=cycle, due_at=due_at, lead=lead))
    return reminded


def _settle_conflicts(cycle: Cycle) -> int:
    """While the review is open, end what was given out in the same instant in which a conflict was declared."""
    opens, closes = key_instant(cycle, "review_opens"), key_instant(cycle, "review_closes")
    if not (opens and closes and opens <= clock.now() < closes):
        return 0
    return _each(readings_in_conflict(), "assignment", conflicts.settle_conflict)


def _assign_reading(cycle: Cycle) -> int:
    """Ask for the reading to be given out when the review opens, and again while a text is there that nobody was given.

    Who has more time comes in later. A text that no reader may have must not keep the queue busy: once in an hour.
    Where the cycle wants leads to look first, each track gets a proposal, once.
    """
    opens = key_instant(cycle, "review_opens")
    closes = key_instant(cycle, "review_closes")
    if not (opens and closes and opens <= clock.now() < closes):
        return 0
    if not cycle.gives_out_reading:
        tracks = reviewing.tracks_without_proposal(cycle)
        for track in tracks:
            jobs.start("reviews.propose", by=None, track_id=track.pk)
        return len(tracks)
    asked = Job.objects.filter(kind="reviews.assign", params__cycle_id=cycle.pk).exclude(
        state__in=[JobState.FAILED, JobState.CANCELLED]
    )
    last = asked.order_by("-pk").first()
    if last is None:
        is_needed = applying.has_work_for_reviewers(cycle)
    else:
        is_over = last.state == JobState.DONE and last.ended_at <= clock.now() - ASK_AGAIN_AFTER
        is_needed = is_over and reviewing.has_text_without_reader(cycle)
    if not is_needed:
        return 0
    jobs.start("reviews.assign", by=None, cycle_id=cycle.pk)
    return 1
