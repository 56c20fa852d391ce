"""How selection works, for everybody: the steps of each track, its criteria with weights and levels, its tasks."""

from dataclasses import dataclass
from decimal import Decimal

from applications.models import EvaluationDefinition
from core.editions import kept
from reviews.models import Criterion, Rubric
from reviews.states import BEST_COUNTS, RubricKind, RubricState
from streams.models import Cycle, Step, Track


@dataclass(frozen=True)
class CriterionRow:
    """One criterion as the public sees it."""

    name: str
    help: str
    weight: Decimal
    levels: list[tuple[str, str]]
    best_of_group: bool


@dataclass(frozen=True)
class TaskRow:
    """A task of a track: its length and what it allows."""

    title: str
    minutes: int
    ai_policy: str


@dataclass(frozen=True)
class TrackProcess:
    """How one track selects."""

    slug: str
    name: str
    url: str
    steps: list[str]
    criteria: list[CriterionRow]
    tasks: list[TaskRow]
    hides_institution: bool


def track_processes(cycle: Cycle) -> tuple[TrackProcess, ...]:
    """Return how each track of the cycle selects."""
    return _track_processes(cycle.pk)


@kept
def _track_processes(cycle_id: int) -> tuple[TrackProcess, ...]:
    cycle = Cycle.objects.get(pk=cycle_id)
    tracks = list(Track.objects.filter(cycle=cycle).order_by("order"))
    criteria = _criteria(tracks)
    tasks = _tasks(cycle)
    steps: dict[int, list[str]] = {}
    for step in Step.objects.filter(track__in=tracks).order_by("order"):
        steps.setdefault(step.track_id, []).append(step.name)
    return tuple(
        TrackProcess(
            track.slug,
            track.name,
            track.get_absolute_url(),
            steps.get(track.pk, []),
            criteria.get(track.pk, []),
            tasks.get(track.pk, []),
            "institution" in track.blind_fields,
        )
        for track in tracks
    )


def _criteria(tracks: list[Track]) -> dict[int, list[CriterionRow]]:
    in_force = Rubric.objects.filter(track__in=tracks, kind=RubricKind.CENTRAL, state=RubricState.PUBLISHED)
    found: dict[int, list[CriterionRow]] = {}
    owners = dict(in_force.values_list("pk", "track_id"))
    for criterion in Criterion.objects.filter(rubric__in=owners).order_by("order"):
        row = CriterionRow(
            criterion.name,
            criterion.help,
            criterion.weight.normalize(),
            sorted(criterion.anchors.items(), reverse=True),
            criterion.group_rule in BEST_COUNTS,
        )
        found.setdefault(owners[criterion.rubric_id], []).append(row)
    return found


def _tasks(cycle: Cycle) -> dict[int, list[TaskRow]]:
    found: dict[int, list[TaskRow]] = {}
    seen: set[tuple[int, str]] = set()
    definitions = (
        EvaluationDefinition.objects.filter(cycle=cycle).prefetch_related("tracks").order_by("code", "-version")
    )
    for definition in definitions:
        for track in definition.tracks.all():
            if (track.pk, definition.code) in seen:
                continue  # an older version of the same task
            seen.add((track.pk, definition.code))
            row = TaskRow(definition.title, definition.effort_minutes, str(definition.get_ai_policy_display()))
            found.setdefault(track.pk, []).append(row)
    return found
