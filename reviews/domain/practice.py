"""Keep the practice sets, and let reviewers practise."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from core import audit, clock
from core.refusals import Refused
from core.transitions import locked
from questions.domain.rows import Change, save_children
from reviews.models import PracticeItem, PracticeRound, PracticeScore, ReviewAssignment, Rubric
from reviews.queries.practice import has_practised, items_of, practice_sets
from reviews.queries.rubrics import criteria_of_everybody, latest_rubrics, missing_scores
from reviews.states import RubricState
from streams.models import Track


@dataclass(frozen=True)
class ItemText:
    """One invented application with its reference scores, as the catalogue says it."""

    code: str
    title: str
    order: int
    answers: list[dict[str, str]]
    scores: list[dict[str, Any]]


@transaction.atomic
def save_practice(*, track: Track, items: Sequence[ItemText], by: Any) -> Change:
    """Make the rubric in force of ``track`` have exactly these practice items."""
    rubric = Rubric.objects.select_for_update(no_key=True).filter(track=track, state=RubricState.PUBLISHED).first()
    if rubric is None:
        if items:
            raise Refused(f"The track “{track.name}” has no rubric to practise.")
        return Change.UNCHANGED
    had_items = rubric.practice_items.exists()
    change = save_children(PracticeItem, parent={"rubric": rubric}, key="code", contents=[asdict(i) for i in items])
    if change is not Change.UNCHANGED:
        audit.record("change_practice", rubric, by=by, items=len(items))
    return change if had_items or change is Change.UNCHANGED else Change.CREATED


@transaction.atomic
def start_practice(*, track: Track, by: Any) -> PracticeRound:
    """Begin a round of the track's practice set, or return the one that is begun and not finished."""
    locked(by)  # serialises one person's clicks, else two would begin two rounds
    rubric_id = latest_rubrics()[0].get(track.pk)
    if rubric_id is None or rubric_id not in practice_sets():
        raise Refused("There is nothing to practise in this track.")
    rounds = PracticeRound.objects.filter(reviewer_id=by.pk, rubric_id=rubric_id)
    begun = rounds.filter(finished_at__isnull=True).first()
    return begun or PracticeRound.objects.create(reviewer_id=by.pk, rubric_id=rubric_id, number=rounds.count() + 1)


@transaction.atomic
def score_practice(*, item: PracticeItem, scores: Mapping[str, int | None], by: Any) -> PracticeScore:
    """Keep what the reviewer gives an item in their open round; the last item ends the round.

    Scoring an item again in the same round changes nothing: by then the reference has been seen.
    """
    begun = PracticeRound.objects.filter(reviewer_id=by.pk, rubric_id=item.rubric_id, finished_at__isnull=True).first()
    if begun is None:
        raise Refused("Begin a round of practice first.")
    begun = locked(begun)
    if begun.finished_at is not None:
        raise Refused("This round of practice is finished.")
    if stored := begun.scores.filter(item=item).first():
        return stored
    _check_levels(item.rubric_id, scores)
    score = PracticeScore.objects.create(round=begun, item=item, levels=dict(scores))
    if not items_of(item.rubric_id).exclude(pk__in=begun.scores.values("item")).exists():
        begun.finished_at = clock.now()
        begun.save(update_fields=["finished_at"])
        # Only that it is done: what was scored is the reviewer's own.
        audit.record("finish_practice", begun, by=by)
    return score


def demand_practice(assignment: ReviewAssignment, *, by: Any) -> None:
    """Raise ``Refused`` where the cycle asks for practice and the reviewer has not done the set of this rubric."""
    row = assignment.track_application
    if row is None or not row.application.cycle.practice_required:
        return
    n_items = practice_sets().get(assignment.rubric_id)
    if n_items and not has_practised(by, assignment.rubric_id):
        raise Refused(f"Do the practice set of this track first: {n_items} invented texts, under “Practice”.")


def _check_levels(rubric_id: int, scores: Mapping[str, int | None]) -> None:
    by_code = {criterion.code: criterion for criterion in criteria_of_everybody(rubric_id)}
    if missing := missing_scores(by_code.values(), scores):
        raise Refused(f"Score {next(iter(missing.values()))} or choose “cannot tell”.")
    for code, level in scores.items():
        criterion = by_code.get(code)
        if criterion is None:
            raise Refused("The rubric has no such criterion.")
        if level is not None and not criterion.scale_min <= level <= criterion.scale_max:
            raise Refused(f"“{criterion.name}” is scored from {criterion.scale_min} to {criterion.scale_max}.")
