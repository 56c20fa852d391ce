"""Scenarios: each reaches the states it is for, breaks no invariant, and the same seed tells the same story."""

from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.models import User
from applications.domain import invariants as of_applications
from applications.models import Application, EvaluationAssignment, Reference, StreamApplication, TrackApplication
from applications.queries.next_events import LIVE
from applications.states import ApplicationState as A
from applications.states import EvaluationState as E
from applications.states import ReferenceState as R
from applications.states import StreamApplicationState as S
from applications.states import TrackState as T
from core import clock
from core.models import AuditEvent, OutboxMail
from core.refusals import Refused
from core.states import MailState
from matching.domain import invariants as of_matching
from matching.models import MatchRun, Offer, PreferenceList, RankOrderList
from matching.states import ListState, OfferState, RunState
from mats_portal.demo import cohort, scenarios, seeding
from mats_portal.demo.names import EDGE_PEOPLE
from mats_portal.demo.scenarios import World
from mats_portal.desk.dashboard import dashboard_of
from mats_portal.desk.silence import in_silence
from reviews.models import ConflictOfInterest, DecisionBatch, ReviewAssignment
from reviews.states import AssignmentState, BatchState

#: How many applicants show every fate at least once.
N = 24


@pytest.fixture(scope="module", params=sorted(scenarios.BUILDERS))
def world(request, django_db_setup, django_db_blocker) -> Iterator[World]:
    """One world for all the tests of its scenario: living through a cycle takes seconds.

    Each of them asks for ``db`` too: pytest-django runs tests with it before those without, and a test apart from the
    others has the world built again.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield scenarios.BUILDERS[request.param](N)
        transaction.set_rollback(True)


def states(model, field="internal_state") -> set[str]:
    return set(model.objects.values_list(field, flat=True))


#: Per scenario: model, field, and the states which must be there.
REACHED = {
    "applications_open": [
        (Application, "internal_state", {A.DRAFT, A.SUBMITTED, A.WITHDRAWN}),
        (TrackApplication, "internal_state", {T.SELECTED, T.WITHDRAWN}),
    ],
    "stage_two": [
        (Application, "released_state", {A.LAPSED, A.WITHDRAWN, A.STAGE2, A.CLOSED}),
        (TrackApplication, "released_state", {T.STREAMS_OPEN, T.NOT_ADVANCED, T.LAPSED}),
        (StreamApplication, "released_state", {S.DRAFT, S.SUBMITTED}),
        (EvaluationAssignment, "state", {E.ASSIGNED, E.SUBMITTED}),
        (DecisionBatch, "state", {BatchState.RELEASED}),
    ],
    "central_review": [
        (Application, "released_state", {A.UNDER_REVIEW, A.CLOSED, A.LAPSED, A.WITHDRAWN}),
        (TrackApplication, "released_state", {T.IN_REVIEW, T.LAPSED, T.NOT_ADVANCED}),
        (StreamApplication, "released_state", {S.SUBMITTED, S.LAPSED}),
        (EvaluationAssignment, "state", {E.SUBMITTED, E.GRADED}),
        (ReviewAssignment, "state", {AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS, AssignmentState.SUBMITTED,
                                     AssignmentState.CONFLICTED}),
    ],
    "ranking": [
        (Application, "released_state", {A.FINAL, A.CLOSED, A.LAPSED, A.WITHDRAWN}),
        (TrackApplication, "released_state", {T.ADVANCED, T.NOT_ADVANCED, T.HELD, T.LAPSED}),
        (StreamApplication, "released_state", {S.IN_STREAM_REVIEW, S.CLOSED, S.LAPSED}),
        (RankOrderList, "state", {ListState.DRAFT, ListState.SUBMITTED}),
    ],
    "matched": [
        (RankOrderList, "state", {ListState.LOCKED}),
        (MatchRun, "state", {RunState.APPROVED}),
        (Offer, "state", {OfferState.DRAFT}),
    ],
    "offers_out": [
        (Application, "released_state", {A.FINAL, A.OFFERED, A.ACCEPTED, A.CLOSED, A.LAPSED, A.WITHDRAWN}),
        (Offer, "state", {OfferState.SENT, OfferState.ACCEPTED, OfferState.DECLINED}),
    ],
}  # fmt: skip


@pytest.mark.requirement(19)
def test_nobody_is_left_without_a_dated_next_event(world: World, db: None) -> None:
    with clock.at(world.moment):
        assert [(row.reference, row.released_state) for row in in_silence(world.cycle)] == []
        live = Application.objects.filter(cycle=world.cycle, released_state__in=sorted(LIVE))
        told = {row.reference: dashboard_of(row.person).wording.next_event for row in live.select_related("person")}

    assert told, "there is somebody to tell"
    assert [reference for reference, event in told.items() if not event] == []


def test_scenario_reaches_the_states_it_is_for(world, db, request):
    name = request.node.callspec.params["world"]

    missing = {
        (model.__name__, state) for model, field, wanted in REACHED[name] for state in wanted - states(model, field)
    }

    assert missing == set()


@pytest.mark.parametrize("invariant", [*of_applications.ALL, *of_matching.ALL], ids=lambda check: check.__name__)
def test_scenario_breaks_no_invariant(world, db, invariant):
    assert list(invariant()) == []


def test_scenario_has_exactly_the_people_it_was_asked_for(world, db, request):
    # While the window is open, some have not begun.
    begun = Application.objects.count()

    assert begun == len(world.applicants) == N or (
        request.node.callspec.params["world"] == "applications_open" and N / 3 < begun < N
    )
    assert {person.is_demo for person in User.objects.all()} == {True}
    assert [person.email for person in User.objects.exclude(email__endswith=".example")] == []
    assert [person.email for person in User.objects.all() if person.has_usable_password()] == []


def test_nothing_in_a_scenario_happens_after_its_moment(world, db):
    assert AuditEvent.objects.order_by("-at").first().at <= world.moment
    assert not OutboxMail.objects.filter(created_at__gt=world.moment).exists()


def test_no_past_mail_is_left_to_fill_the_mailbox(world, db):
    waiting = OutboxMail.objects.filter(state=MailState.QUEUED).exclude(not_before__gt=world.moment)

    assert not waiting.exists()
    assert OutboxMail.objects.filter(state=MailState.SENT).exists()


def test_edge_people_are_there_once_the_window_has_closed(world, db, request):
    if request.node.callspec.params["world"] == "applications_open":
        assert world.applicants  # the window is open: whoever comes late is not there yet
        return

    names = list(
        User.objects.filter(email__in=[edge.email for edge in EDGE_PEOPLE]).values_list("display_name", flat=True)
    )

    assert sorted(names) == sorted(edge.name for edge in EDGE_PEOPLE)


def test_every_track_has_at_least_four_reviewers_and_a_lead(world, db):
    from reviews.queries.needs import pools  # noqa: PLC0415 (models are ready only inside a test)

    found = pools(world.cycle.tracks.all())

    assert min(len(readers) for readers in found.values()) >= 4
    assert set(world.team.leads) == set(found)


def test_a_second_build_is_refused_and_changes_nothing(world, db):
    before = (User.objects.count(), Application.objects.count(), AuditEvent.objects.count())

    with pytest.raises(Refused, match="already"):
        seeding.seed("ranking", n=3)

    assert (User.objects.count(), Application.objects.count(), AuditEvent.objects.count()) == before


def test_nobody_reads_a_person_with_whom_they_are_in_conflict(world, db, request):
    has_conflict = request.node.callspec.params["world"] not in {"applications_open", "stage_two"}
    conflicts = list(ConflictOfInterest.objects.all())
    read = [
        ReviewAssignment.objects.filter(
            reviewer=one.reviewer_id, track_application__application__person=one.person_id
        ).exclude(state=AssignmentState.CONFLICTED)
        for one in conflicts
    ]

    assert [rows for rows in read if rows.exists()] == []
    assert bool(conflicts) is has_conflict


def test_orders_of_applicants_are_open_before_the_match_and_locked_in_it(world, db, request):
    name = request.node.callspec.params["world"]
    lists = PreferenceList.objects.all()

    assert lists.filter(confirmed_at__isnull=False).exists() is (name in {"ranking", "matched", "offers_out"})
    assert lists.filter(locked_at__isnull=False).exists() is (name in {"matched", "offers_out"})
    assert not lists.filter(locked_at__isnull=True).exists() or name == "ranking"


def test_the_same_seed_draws_the_same_people():
    tracks = ("empirical", "theory", "biosecurity")

    assert cohort.plans(60, seed=3, tracks=tracks) == cohort.plans(60, seed=3, tracks=tracks)
    assert cohort.plans(60, seed=3, tracks=tracks) != cohort.plans(60, seed=4, tracks=tracks)


@pytest.mark.parametrize("n", [1, 5, 11, 12, 24, 60, 220])
def test_as_many_people_are_drawn_as_asked_for(n):
    drawn = cohort.plans(n, seed=26, tracks=("empirical", "theory"))

    assert len(drawn) == n
    assert len({plan.email for plan in drawn}) == n
    if n >= N:
        assert {plan.fate for plan in drawn} == set(cohort.Fate)


def test_scenario_command_moves_the_clock_of_an_inhabited_database_and_no_state(world, db):
    before = (states(Application), states(TrackApplication), states(StreamApplication))

    call_command("scenario", "applications_open")
    clock.forget_offset()

    assert abs((clock.now() - world.story.when("general_opens")).days - 22) <= 1
    assert (states(Application), states(TrackApplication), states(StreamApplication)) == before


def test_seed_cohort_command_refuses_an_inhabited_database(world, db):
    with pytest.raises(CommandError, match="already"):
        call_command("seed_cohort", "--applicants", "3")


def test_references_are_in_every_state(world: World, db: None) -> None:
    """Named before the screen, asked at stage 2, answered or not, settled at its end."""
    found = set(Reference.objects.values_list("state", flat=True))
    if world.moment < world.story.when("stage2_opens"):
        assert found == {R.LISTED}
    elif world.moment < world.story.when("stage2_closes"):
        assert {R.REQUESTED, R.SUBMITTED} <= found
    else:
        assert not found & {R.REQUESTED, R.STARTED}
        assert R.EXPIRED in found
