"""Giving out a large review by the portal's own job: killed on the way, resumed, and checked by other code."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from accounts.states import Role, ScopeKind
from core import clock, jobs
from core.models import DemoClock, Job
from core.states import JobState
from reviews.domain.proposals import NewChange, create_proposal
from reviews.models import ConflictOfInterest, ReviewAssignment
from tests.faults.workers import Workers, sessions, until
from tests.reviews.crowd import unread_crowd
from tests.reviews.factories import add_rubrics
from tests.worlds import World, grant, person, small_world

KILL_AT = "reviews.domain.assignments:apply_assignment:after"


@pytest.fixture
def world(transactional_db: None) -> World:
    world = small_world()
    add_rubrics(world)
    DemoClock.objects.create(offset=world.moments["review"] - clock.wall())
    return world


def peak_mib(pid: int) -> float:
    """Return the largest memory that a worker or one of its children has had, as the kernel counts it."""
    family = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    lines = (line for one in family for line in Path(f"/proc/{one}/status").read_text().splitlines())
    sizes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return max(sizes) / 1024


def broken(world: World, k: int) -> dict[str, int]:
    """Count in plain SQL what must not be: nothing here shares code with what gave the reading out."""
    questions = {
        "not read by k": """
            SELECT count(*) FROM (SELECT t.id FROM applications_trackapplication t
              LEFT JOIN reviews_reviewassignment a ON a.track_application_id = t.id
             GROUP BY t.id HAVING count(DISTINCT a.reviewer_id) <> %(k)s OR count(a.id) <> %(k)s) AS wrong""",
        "in conflict, in either direction": """
            SELECT count(*) FROM reviews_reviewassignment a
              JOIN applications_trackapplication t ON t.id = a.track_application_id
              JOIN applications_application p ON p.id = t.application_id
              JOIN reviews_conflictofinterest c
                ON (c.reviewer_id, c.person_id) IN ((a.reviewer_id, p.person_id), (p.person_id, a.reviewer_id))""",
        "read by a stranger to the pool": """
            SELECT count(*) FROM reviews_reviewassignment a WHERE NOT EXISTS (
              SELECT 1 FROM accounts_rolegrant g WHERE g.user_id = a.reviewer_id AND g.role = 'reviewer'
                 AND g.scope_key = %(track)s AND g.revoked_at IS NULL)""",
    }
    found = {}
    with connection.cursor() as cursor:
        for name, question in questions.items():
            cursor.execute(question, {"k": k, "track": world.tracks["empirical"].public_id})
            found[name] = cursor.fetchone()[0]
    return found


def give_out_and_kill(world: World, workers: Workers, n: int, n_readers: int, k: int) -> dict[str, float]:
    """Give out ``n`` texts to ``n_readers``, ``k`` each; the worker dies half way. Returns figures."""
    world.cycle.reviews_per_application = k
    world.cycle.save()
    # Three are in the small world already.
    readers = [world.people[f"reviewer {one}"] for one in "abc"]
    for number in range(n_readers - len(readers)):
        user = person(f"reader {number}")
        grant(user, Role.REVIEWER, ScopeKind.TRACK, world.tracks["empirical"])
        readers.append(user)
    rows = unread_crowd(world, n)
    drawn = random.Random(7)
    pairs = {(drawn.choice(readers), drawn.choice(rows).application.person) for _ in range(n // 5)}
    ConflictOfInterest.objects.bulk_create(
        # Half of them were declared by the other side.
        ConflictOfInterest(reviewer=pair[turn], person=pair[1 - turn], kind="personal")
        for turn, pair in ((drawn.randrange(2), pair) for pair in pairs)
    )
    workers.start(kill_at=KILL_AT, nth=n // 2, parent=True)
    job = jobs.start("reviews.assign", by=world.people["staff a"], cycle_id=world.cycle.pk, track_id=None)
    begun = time.perf_counter()
    until(workers.mark.exists, "half of the texts are given out", seconds=3000)
    figures = {"seconds to the kill": time.perf_counter() - begun}
    workers.kill_all()
    half = ReviewAssignment.objects.count()
    assert n // 2 * k - k <= half <= n // 2 * k + k
    worker, begun = workers.start(), time.perf_counter()
    jobs.revive()

    def is_done() -> bool:
        figures["peak MiB"] = max(figures.get("peak MiB", 0.0), peak_mib(worker.pid))
        # The broker may hold the bell back that the dead worker had taken.
        return Job.objects.get(pk=job.pk).state == JobState.DONE

    until(is_done, "the job is done", seconds=3000)
    figures["seconds of the second run"] = time.perf_counter() - begun
    job.refresh_from_db()
    assert job.attempts == 2
    assert job.result["unmet"] == []
    assert job.result["given"] == n * k - half
    loads = Counter(ReviewAssignment.objects.values_list("reviewer_id", flat=True))
    figures |= {"least read": min(loads.values()), "most read": max(loads.values()), "readers": len(loads)}
    assert len(loads) == n_readers
    # Even loads are possible here: nobody is in conflict with more than a few.
    assert max(loads.values()) - min(loads.values()) <= 1
    assert broken(world, k) == dict.fromkeys(broken(world, k), 0)
    return figures


@pytest.mark.threat("T10")
def test_killed_assignment_is_resumed_with_even_loads_and_no_conflict(world: World, workers: Workers) -> None:
    give_out_and_kill(world, workers, n=60, n_readers=9, k=3)


POINTS = {
    "in the second part": ("reviews.domain.proposals:_give:before", 2, 0),
    "after the commit": ("reviews.domain.proposals:apply_proposal:after", 1, 600),
}


@pytest.mark.threat("T10")
@pytest.mark.parametrize("point", POINTS)
def test_killed_apply_of_a_long_proposal_is_all_or_nothing(point: str, world: World, workers: Workers) -> None:
    readers = [world.people[f"reviewer {one}"] for one in "abc"]
    rows = unread_crowd(world, 300)
    lines = [
        NewChange(("track_application", row.pk), readers[(number + turn) % 3].pk, "lacking")
        for number, row in enumerate(rows)
        for turn in (0, 1)
    ]
    lead = world.people["empirical lead"]
    proposal = create_proposal(track=world.tracks["empirical"], source="solved", changes=lines, by=lead)
    where, nth, given = POINTS[point]
    others = sessions()
    workers.start(kill_at=where, nth=nth, parent=True)
    job = jobs.start("reviews.apply", by=lead, proposal_id=proposal.pk, version=proposal.version, due_at="")
    until(workers.mark.exists, "the kill point is reached")
    workers.kill_all()
    until(lambda: sessions() <= others, "the dead worker's database sessions are gone")

    assert ReviewAssignment.objects.count() == given
    workers.start()
    jobs.revive()
    until(lambda: Job.objects.get(pk=job.pk).state == JobState.DONE, "the job is done")

    assert ReviewAssignment.objects.count() == 600
    assert broken(world, 2) == dict.fromkeys(broken(world, 2), 0)


def test_control_separate_check_finds_what_is_broken(world: World) -> None:
    (row,) = unread_crowd(world, 1)
    reader = world.people["reviewer a"]
    assert broken(world, 3)["not read by k"] == 1
    ReviewAssignment.objects.create(
        label="A-1", reviewer=reader, track_application=row, rubric=row.track.rubrics.get(), position=1
    )
    assert broken(world, 1) == {
        "not read by k": 0,
        "in conflict, in either direction": 0,
        "read by a stranger to the pool": 0,
    }
    ConflictOfInterest.objects.create(reviewer=row.application.person, person=reader, kind="personal")
    reader.grants.update(revoked_at=world.moments["open"])
    assert broken(world, 1) == {
        "not read by k": 0,
        "in conflict, in either direction": 1,
        "read by a stranger to the pool": 1,
    }


@pytest.mark.prove
def test_assignment_of_10_000_texts_to_100_readers(
    world: World, workers: Workers, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = give_out_and_kill(world, workers, n=10_000, n_readers=100, k=3)

    with capsys.disabled():
        print(
            "\n10,000 texts, 3 readings each, 100 readers:", {name: round(value, 1) for name, value in figures.items()}
        )
