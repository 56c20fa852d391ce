"""Many at once, and a fault in the middle: an act happens once or not at all."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, transaction

from applications.models import TrackApplication
from applications.states import TrackState
from core import clock, jobs
from core.models import AuditEvent, Job, OutboxMail
from core.refusals import Refused
from core.states import JobState
from reviews.domain import batches, invariants
from reviews.domain.assignments import apply_assignment, reassign
from reviews.domain.reviews import save_review_draft
from reviews.domain.rubrics import change_rubric_draft, publish_rubric, start_rubric_draft
from reviews.models import ConflictOfInterest, DecisionBatch, Review, ReviewAssignment, Rubric
from reviews.queries.needs import targets
from reviews.queries.rubric_texts import text_of
from reviews.states import BatchState
from tests.applications import factories as applying
from tests.faulty import plant
from tests.reviews import factories
from tests.roles import as_owner
from tests.worlds import World, small_world

pytestmark = pytest.mark.django_db(transaction=True)
N = 8


@pytest.fixture
def lasting(transactional_db: None) -> World:
    """Return the small cycle with its rubrics, committed."""
    world = small_world()
    factories.add_rubrics(world)
    return world


@pytest.fixture
def no_mail_for_the_second() -> Iterator[None]:
    """Make the database refuse the second decision mail of a release."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_second() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NEW.key LIKE 'decision:%' AND (SELECT count(*) FROM core_outboxmail WHERE key LIKE 'decision:%') >= 1 "
            "THEN RAISE EXCEPTION 'injected fault'; END IF; RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse_second BEFORE INSERT ON core_outboxmail "
            "FOR EACH ROW EXECUTE FUNCTION refuse_second()"
        )
    yield
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse_second ON core_outboxmail")
        cursor.execute("DROP FUNCTION refuse_second()")


def all_at_once(act: Callable[[], object]) -> list[str]:
    """Do ``act`` in eight threads from one barrier; return how each ended."""
    barrier = Barrier(N)

    def run(_: int) -> str:
        try:
            barrier.wait()
            act()
        except Refused as refusal:
            return str(refusal)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(N) as pool:
        return list(pool.map(run, range(N)))


def test_eight_approvals_act_once(lasting: World) -> None:
    factories.read_cohort(lasting, {"applicant": (4, 4)})
    batch = factories.review_batch(lasting)

    ended = all_at_once(lambda: batches.approve_batch(batch=batch, version=batch.version, by=lasting.people["staff b"]))

    assert ended.count("done") == 1
    assert AuditEvent.objects.filter(verb="approve", object_key=batch.public_id).count() == 1
    assert AuditEvent.objects.filter(verb="advance", object_type="applications.trackapplication").count() == 1


def test_eight_releases_act_once(lasting: World) -> None:
    factories.read_cohort(lasting, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = factories.approved_batch(lasting)

    ended = all_at_once(lambda: batches.release_batch(batch=batch))

    assert ended.count("done") == 1
    assert OutboxMail.objects.filter(key__startswith="decision:").count() == 2
    assert AuditEvent.objects.filter(verb="publish", before="in_review").count() == 2


def test_fault_in_the_middle_of_a_release_leaves_nothing(lasting: World, no_mail_for_the_second: None) -> None:
    factories.read_cohort(lasting, {"applicant": (4, 4), "other applicant": (2, 2)})
    batch = factories.approved_batch(lasting)

    with pytest.raises(Exception, match="injected fault"):
        batches.release_batch(batch=batch)

    assert DecisionBatch.objects.get().state == BatchState.APPROVED
    assert set(TrackApplication.objects.values_list("released_state", flat=True)) == {TrackState.IN_REVIEW}
    assert not OutboxMail.objects.filter(key__startswith="decision:").exists()
    assert not AuditEvent.objects.filter(verb="publish", before="in_review").exists()


def test_control_without_the_fault_the_same_release_goes_through(lasting: World) -> None:
    factories.read_cohort(lasting, {"applicant": (4, 4), "other applicant": (2, 2)})

    batches.release_batch(batch=factories.approved_batch(lasting))

    assert OutboxMail.objects.filter(key__startswith="decision:").count() == 2


def test_assignment_is_balanced_keeps_conflicts_apart_and_repeats_to_nothing(lasting: World) -> None:
    for name in ("applicant", "other applicant", "third applicant"):
        applying.under_review(lasting, name)
    kept_away = lasting.people["reviewer a"]
    ConflictOfInterest.objects.create(reviewer=lasting.people["applicant"], person=kept_away, kind="personal")

    first, second = factories.assign(lasting), factories.assign(lasting)

    assert (first.result["given"], first.result["unmet"]) == (12, [])
    assert second.result["given"] == 0
    counts = {}
    for row in ReviewAssignment.objects.all():
        counts[row.reviewer_id] = counts.get(row.reviewer_id, 0) + 1
    assert sorted(counts.values()) == [4, 4, 4]
    assert not ReviewAssignment.objects.filter(
        reviewer=kept_away, track_application__application__person=lasting.people["applicant"]
    ).exists()
    assert {check.__name__: list(check()) for check in invariants.ALL if list(check())} == {}


def test_killed_assignment_goes_on_where_it_was(lasting: World) -> None:
    for name in ("applicant", "other applicant", "third applicant"):
        applying.under_review(lasting, name)
    whole = kind_of("reviews.assign")

    class Killed(BaseException):
        """The worker dies: nothing after this line runs in it."""

    class Dying(jobs.Progress):
        def step(self, message: str, done: int = 0, total: int = 0) -> None:
            if done == 3:
                raise Killed
            super().step(message, done, total)

    with clock.at(lasting.moments["review"]):
        job = jobs.start("reviews.assign", by=None, cycle_id=lasting.cycle.pk, track_id=None)
        begun = jobs.begin(job.pk)
        with pytest.raises(Killed):
            whole(begun, Dying(begun))
        assert ReviewAssignment.objects.count() == 4
        jobs.run(job.pk)

    job = Job.objects.get(pk=job.pk)
    assert job.state == JobState.DONE
    assert ReviewAssignment.objects.count() == 12
    assert {
        (row.track_application_id, row.evaluation_id): 2 for row in ReviewAssignment.objects.all()
    } == _readers_by_text()


def kind_of(name: str) -> Callable:
    """Return the function behind a kind of job."""
    return jobs.KINDS[name].handler


def _readers_by_text() -> dict[tuple[int | None, int | None], int]:
    readers: dict[tuple[int | None, int | None], int] = {}
    for row in ReviewAssignment.objects.all():
        key = (row.track_application_id, row.evaluation_id)
        readers[key] = readers.get(key, 0) + 1
    return readers


def test_two_assignment_jobs_at_once_give_no_text_too_many_readers(lasting: World) -> None:
    for name in ("applicant", "other applicant"):
        applying.under_review(lasting, name)
    with clock.at(lasting.moments["review"]):
        for _ in range(N):
            jobs.start("reviews.assign", by=None, cycle_id=lasting.cycle.pk, track_id=None)
    waiting = iter(list(Job.objects.values_list("pk", flat=True)))

    all_at_once(lambda: jobs.run(next(waiting)))

    assert set(_readers_by_text().values()) == {2}
    assert ReviewAssignment.objects.count() == 8


def test_evaluation_is_graded_when_its_second_grade_is_in(lasting: World) -> None:
    application = applying.under_review(lasting)
    factories.assign(lasting)
    task = application.evaluation_assignments.get()
    first, second = ReviewAssignment.objects.filter(evaluation=task).order_by("pk")

    factories.review(lasting, first, 3)
    task.refresh_from_db()
    assert task.state == "submitted"
    factories.review(lasting, second, 5)

    task.refresh_from_db()
    assert task.state == "graded"
    factories.review(lasting, first, 4)
    assert [str(mean) for mean in Review.objects.order_by("pk").values_list("mean", flat=True)] == ["4.000", "5.000"]


def somebody_waits_for_a_lock(tries: int = 1000) -> bool:
    """Say whether another connection waits for a row; asked until it does, or the test gives up."""
    for _ in range(tries):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the same picture for good
            cursor.execute("SELECT pg_sleep(0.01), count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[1]:
                return True
    return False


def test_who_begins_while_a_version_is_published_keeps_theirs_with_all_readers_of_the_text(lasting: World) -> None:
    begun, fresh = applying.under_review(lasting), applying.under_review(lasting, "other applicant")
    factories.assign(lasting)
    reading = factories.readings_of(factories.of(begun))[0]
    rubric = Rubric.objects.get(track=lasting.tracks["empirical"])
    draft = new_draft(lasting)
    has_begun, may_end = Event(), Event()

    def begin() -> None:
        with clock.at(lasting.moments["review"]), transaction.atomic():
            typed = factories.reading(reading, rubric=rubric.public_id)
            save_review_draft(assignment=reading, reading=typed, version=0, by=reading.reviewer)
            has_begun.set()
            may_end.wait(20)
        connection.close()

    def publish() -> int:
        has_begun.wait(20)
        moved = publish_rubric(rubric=draft, edits=draft.edits, by=None).moved
        connection.close()
        return moved

    with ThreadPoolExecutor(2) as pool:
        reader, publisher = pool.submit(begin), pool.submit(publish)
        has_begun.wait(20)
        waited = somebody_waits_for_a_lock()
        may_end.set()
        reader.result()
        moved = publisher.result()

    assert (waited, moved) == (True, 2)
    assert {row.rubric.version for row in factories.readings_of(factories.of(begun))} == {1}
    assert {row.rubric.version for row in factories.readings_of(factories.of(fresh))} == {2}


def new_draft(world: World) -> Rubric:
    draft = start_rubric_draft(rubric=Rubric.objects.get(track=world.tracks["empirical"]), by=None)
    text = text_of(draft)
    for criterion in text.criteria:
        criterion.question_codes.append("why")
    return change_rubric_draft(rubric=draft, text=text, edits=0, by=None)


def give_out(world: World) -> int:
    """Give every text of the cycle to its readers, by what is read of the rubrics now."""
    with clock.at(world.moments["review"]):
        texts = [one for one in targets(world.cycle) if one.kind == "track_application"]
        return sum(apply_assignment(target=one, readers=one.eligible, by=None) for one in texts)


def in_another_thread(act: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        try:
            return act()
        finally:
            connection.close()

    return run


def versions_given_out() -> set[int]:
    rows = ReviewAssignment.objects.filter(track_application__isnull=False)
    return set(rows.values_list("rubric__version", flat=True))


def while_a_version_is_published(world: World, tries: int = 1000) -> bool:
    """Give texts out between the publishing of a version and its commit; say whether that had to wait."""
    draft = new_draft(world)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            publish_rubric(rubric=draft, edits=draft.edits, by=None)
            given = pool.submit(in_another_thread(lambda: give_out(world)))
            waited = somebody_waits_for_a_lock(tries)
        assert given.result() == 2
    return waited


def test_text_given_out_while_a_version_is_published_is_read_by_that_one(lasting: World) -> None:
    applying.under_review(lasting)

    assert while_a_version_is_published(lasting)
    assert versions_given_out() == {2}


def test_control_without_the_lock_it_is_read_by_the_retired_one(
    lasting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    applying.under_review(lasting)
    plant(monkeypatch, "reviews.domain.assignments._held_version", "while", "while False and")

    assert not while_a_version_is_published(lasting, tries=100)
    assert versions_given_out() == {1}


def test_version_published_while_texts_are_given_out_waits_and_takes_them_along(lasting: World) -> None:
    applying.under_review(lasting)
    draft = new_draft(lasting)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert give_out(lasting) == 2
            published = pool.submit(
                in_another_thread(lambda: publish_rubric(rubric=draft, edits=draft.edits, by=None).moved)
            )
            waited = somebody_waits_for_a_lock()
        moved = published.result()

    assert (waited, moved, versions_given_out()) == (True, 2, {2})


def test_further_reader_of_a_text_that_is_begun_keeps_its_version(lasting: World) -> None:
    application = applying.under_review(lasting)
    factories.assign(lasting)
    first, second = factories.readings_of(factories.of(application))
    typed = factories.reading(first, rubric=first.rubric.public_id)
    with clock.at(lasting.moments["review"]):
        save_review_draft(assignment=first, reading=typed, version=0, by=first.reviewer)
    draft = new_draft(lasting)
    publish_rubric(rubric=draft, edits=draft.edits, by=None)
    free = lasting.people.keys() & {"reviewer a", "reviewer b", "reviewer c"}
    other = next(
        lasting.people[name] for name in sorted(free) if lasting.people[name] not in {first.reviewer, second.reviewer}
    )

    fresh = reassign(assignment=second, reader=other, by=None)

    assert fresh.rubric.version == first.rubric.version == 1
