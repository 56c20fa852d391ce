"""Applications by the thousand: one of each kind by the portal's own functions, the others as copies of its rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.core.management import call_command
from django.db import connection, models

from accounts.models import User
from accounts.states import Role, ScopeKind
from applications.domain.timed import start_evaluation
from applications.models import (
    Answer,
    AnswerSnapshot,
    Application,
    EvaluationAssignment,
    EvaluationDefinition,
    StreamApplication,
    TrackApplication,
)
from core import clock, ids
from matching.models import MatchRun, Offer
from matching.states import OfferState, RunState
from reviews.models import ReviewAssignment, Rubric
from streams.models import Cycle, KeyDate, Stream, Track
from streams.queries import key_instant
from tests.applications import factories
from tests.worlds import World, grant, person

BITE = 500
READERS_EACH = 2
#: What one reviewer is given: more people reading, not more for each, is how a cohort grows.
TEXTS_A_READER = 100
SEATS = 30_000


@dataclass
class Cohort:
    """What was seeded, for the scenarios."""

    cycle: Cycle
    track: Track
    pattern: dict[str, Application]
    staff: User
    n: int = 0
    drafters: list[User] = field(default_factory=list)
    readers: list[User] = field(default_factory=list)


def begin() -> Cohort:
    """Import the catalogue and make one draft and one application under review."""
    call_command("import_catalogue", "catalogue/autumn-2026", verbosity=0)
    cycle = Cycle.objects.get(is_public_current=True)
    track = Track.objects.get(cycle=cycle, slug="empirical")
    staff = person("bench staff")
    grant(staff, Role.STAFF)
    world = _world(cycle)
    under_review = factories.in_stage2(world, "applicant", ("empirical",))
    chosen = Stream.objects.filter(cycle=cycle, tracks=track, state="published").order_by("pk")[:2]
    for stream in chosen:
        factories.stream_submitted(world, under_review, stream.slug)
    for task in under_review.evaluation_assignments.all():
        with clock.at(world.moments["stage2"]):
            if task.definition.is_timed:
                start_evaluation(assignment=task, by=under_review.person)
            factories.fill(under_review, factories.evaluation_place(task))
            factories.submit_evaluation(assignment=task, by=under_review.person, ai_statement="none")
    with clock.at(world.moments["review"]):
        under_review = factories.close_stage2(application=under_review)
    draft = factories.draft(world, "other applicant", ("empirical",))
    _open_now(cycle)
    return Cohort(cycle, track, {"draft": draft, "review": under_review}, staff)


def _world(cycle: Cycle) -> World:
    """Return the catalogue's cycle as the test factories take it."""
    between = {
        "open": ("general_opens", timedelta(days=1)),
        "closed": ("general_closes", timedelta(hours=1)),
        "stage2": ("stage2_opens", timedelta(hours=1)),
        "review": ("review_opens", timedelta(days=1)),
    }
    moments: dict[str, datetime] = {}
    for name, (code, later) in between.items():
        instant = key_instant(cycle, code)
        if instant is None:
            raise SystemExit(f"The catalogue has no date {code}.")
        moments[name] = instant + later
    return World(
        cycle=cycle,
        tracks={track.slug: track for track in cycle.tracks.all()},
        streams={stream.slug: stream for stream in cycle.streams.all()},
        people={name: person(name) for name in ("applicant", "other applicant")},
        evaluation=EvaluationDefinition.objects.filter(cycle=cycle).first(),  # type: ignore[arg-type]  # not used here
        moments=moments,
    )


def _open_now(cycle: Cycle) -> None:
    """Let the general window and the reading both be open now: autosave and scores are measured in one run."""
    now = clock.wall()
    days = {"general_opens": -30, "general_closes": 30, "review_opens": -5, "review_closes": 20}
    for code, offset in days.items():
        KeyDate.objects.filter(cycle=cycle, code=code).update(starts_at=now + timedelta(days=offset))


def grow(cohort: Cohort, n: int) -> None:
    """Bring the cohort to ``n`` applications under review, as many offers, and a tenth as many drafts."""
    rubric = Rubric.objects.filter(track=cohort.track, state="published").first()
    run = _run(cohort.cycle)
    for numbers in _bites(range(cohort.n, n)):
        copies = _copies(cohort.pattern["review"], numbers)
        _add_readings(cohort, rubric, copies, numbers)
        _add_offers(run, copies, numbers)
    grow_drafts(cohort, n // 10)
    cohort.n = n
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def grow_drafts(cohort: Cohort, n: int) -> None:
    """Bring the cohort to ``n`` complete drafts that are not handed in."""
    for numbers in _bites(number + 10_000_000 for number in range(len(cohort.drafters), n)):
        cohort.drafters += [copy.person for copy in _copies(cohort.pattern["draft"], numbers)]


def _bites(numbers: Iterable[int]) -> Iterator[list[int]]:
    source = iter(numbers)
    while bite := list(islice(source, BITE)):
        yield bite


def _copies(pattern: Application, numbers: list[int]) -> list[Application]:
    """Insert a copy of an application and all that hangs on it for each number."""
    people = User.objects.bulk_create(
        [
            User(email=f"person{number}@example.org", display_name=f"Person {number}", password="!")  # cannot sign in
            for number in numbers
        ]
    )
    made = Application.objects.bulk_create(
        [
            _copy(pattern, person=user, reference=f"26A-{number:08d}")
            for number, user in zip(numbers, people, strict=True)
        ]
    )
    keys: list[dict[str, str]] = [{} for _ in made]
    for model in (TrackApplication, StreamApplication, EvaluationAssignment):
        for row in model.objects.filter(application=pattern):
            for copy, known in zip(
                model.objects.bulk_create([_copy(row, application=one) for one in made]), keys, strict=True
            ):
                known[row.public_id] = copy.public_id
    for model in (Answer, AnswerSnapshot):
        for row in model.objects.filter(application=pattern):
            model.objects.bulk_create(
                [
                    _copy(row, application=one, scope_key=known.get(row.scope_key, row.scope_key))
                    for one, known in zip(made, keys, strict=True)
                ]
            )
    return made


def _copy(row: models.Model, **changed: Any) -> Any:
    """Return an unsaved copy of a row with a public id of its own."""
    values = {f.name: getattr(row, f.name) for f in row._meta.concrete_fields if not f.primary_key}
    if "public_id" in values:
        values["public_id"] = ids.public_id()
    return type(row)(**values | changed)


def _add_readings(cohort: Cohort, rubric: Any, copies: list[Application], numbers: list[int]) -> None:
    rows = TrackApplication.objects.filter(application__in=copies).order_by("pk")
    readings = []
    for row, number in zip(rows, numbers, strict=True):
        for turn in range(READERS_EACH):
            reader = _reader(cohort, (number * READERS_EACH + turn) // TEXTS_A_READER + turn)
            readings.append(
                ReviewAssignment(
                    label=f"A-{number}", reviewer=reader, track_application=row, rubric=rubric, position=number + 1
                )
            )
    ReviewAssignment.objects.bulk_create(readings)


def _reader(cohort: Cohort, number: int) -> User:
    while len(cohort.readers) <= number:
        reader = person(f"bench reader {len(cohort.readers)}")
        grant(reader, Role.REVIEWER, ScopeKind.TRACK, cohort.track)
        cohort.readers.append(reader)
    return cohort.readers[number]


def _run(cycle: Cycle) -> MatchRun:
    made, _ = MatchRun.objects.get_or_create(
        cycle=cycle,
        number=1,
        defaults={"seed": "benchmark", "state": RunState.COMPUTED, "inputs": {}, "result": {}, "certificate": {}},
    )
    return made


def _add_offers(run: MatchRun, copies: list[Application], numbers: list[int]) -> None:
    first = {}
    for row in StreamApplication.objects.filter(application__in=copies).order_by("-pk"):
        first[row.application_id] = row
    now = clock.now()
    Offer.objects.bulk_create(
        [
            Offer(
                application=one,
                stream_application=first[one.pk],
                stream_id=first[one.pk].stream_id,
                run=run,
                # A seat holds one live offer; beyond the seats of one stream, earlier offers were declined.
                seat=number % SEATS + 1,
                state=OfferState.SENT if number < SEATS else OfferState.DECLINED,
                sent_at=now,
                expires_at=now + timedelta(days=7),
            )
            for one, number in zip(copies, numbers, strict=True)
        ]
    )
