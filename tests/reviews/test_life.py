"""Any order of acts, by anybody: what always holds of readings and decisions holds, and no phase is skipped."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from applications.domain import invariants as applying_invariants
from applications.domain.application import withdraw_application
from applications.models import Application
from applications.states import ApplicationState as A
from core import clock
from core.refusals import Refused
from reviews.domain import assignments, batches, conflicts, invariants, reviews, undo
from reviews.models import DecisionBatch, ReviewAssignment
from reviews.states import BatchState
from tests.applications import factories as applying
from tests.reviews import factories
from tests.worlds import World, person

WORLD: list[World] = []
REACHED: Counter[str] = Counter()
NAMES = ("person 0", "person 1", "person 2")
#: What an application has to have been through before it stands in a state.
THROUGH = {
    A.STAGE2: {A.IN_SCREEN},
    A.UNDER_REVIEW: {A.IN_SCREEN, A.STAGE2},
    A.FINAL: {A.IN_SCREEN, A.STAGE2, A.UNDER_REVIEW},
}
BOTH = [("advance", "hold"), ("not_advance", "advance"), ("hold", "not_advance")]


class ReviewLife(RuleBasedStateMachine):
    """Readers, leads and staff act in any order; every refusal is one of the words that people may read."""

    def __init__(self) -> None:
        super().__init__()
        self.world = WORLD[-1]
        # One savepoint an example: all share the transaction of the test.
        self.example = transaction.atomic()
        self.example.__enter__()
        self.moment = self.world.moments["review"]
        self.visited = {one.pk: {A.IN_SCREEN, A.STAGE2, A.UNDER_REVIEW} for one in self.applications()}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def applications(self) -> list[Application]:
        return list(Application.objects.order_by("pk"))

    def attempt(self, act: Callable[..., Any], **fields: Any) -> None:
        self.moment += timedelta(minutes=1)
        try:
            with clock.at(self.moment):
                act(**fields)
        except Refused as refusal:
            REACHED[f"refused: {refusal}"] += 1
        else:
            REACHED[act.__name__] += 1

    def batch(self, *, counter: bool = False) -> DecisionBatch | None:
        rows = DecisionBatch.objects.exclude(state=BatchState.DISCARDED)
        rows = rows.exclude(counters=None) if counter else rows.filter(counters=None)
        return rows.order_by("-pk").first()

    @rule(which=st.integers(0, 11), value=st.sampled_from([2, 4, 5]))
    def read(self, which: int, value: int) -> None:
        rows = list(ReviewAssignment.objects.order_by("pk"))
        row = rows[which % len(rows)]
        version = getattr(getattr(row, "review", None), "version", 0)
        self.attempt(
            reviews.submit_review,
            assignment=row,
            reading=factories.reading(row, value),
            version=version,
            by=row.reviewer,
        )

    @rule(which=st.integers(0, 11), kind=st.sampled_from(["personal", "other"]))
    def declare(self, which: int, kind: str) -> None:
        rows = list(ReviewAssignment.objects.order_by("pk"))
        row = rows[which % len(rows)]
        self.attempt(conflicts.declare_conflict, assignment=row, kind=kind, by=row.reviewer)

    @rule(which=st.integers(0, 11))
    def hand_back(self, which: int) -> None:
        rows = list(ReviewAssignment.objects.order_by("pk"))
        row = rows[which % len(rows)]
        self.attempt(assignments.decline_assignment, assignment=row, reason="time", by=row.reviewer)

    @rule(which=st.integers(0, 11))
    def give_to_another(self, which: int) -> None:
        rows = list(ReviewAssignment.objects.exclude(state__in=["submitted", "reassigned"]).order_by("pk"))
        if not rows:
            return
        row = rows[which % len(rows)]
        had = ReviewAssignment.objects.filter(track_application=row.track_application, evaluation=row.evaluation)
        free = [self.world.people[f"reviewer {one}"] for one in "abc"]
        reader = next((one for one in free if not had.filter(reviewer=one).exists()), row.reviewer)
        self.attempt(assignments.reassign, assignment=row, reader=reader, by=self.world.people["empirical lead"])

    @rule(who=st.sampled_from(NAMES))
    def leave(self, who: str) -> None:
        application = Application.objects.get(person=self.world.people[who])
        self.attempt(withdraw_application, application=application, by=self.world.people[who])

    @rule(by=st.sampled_from(["staff a", "staff b"]))
    def propose(self, by: str) -> None:
        track = self.world.tracks["empirical"]
        self.attempt(batches.create_batch, track=track, gate="review", by=self.world.people[by], rule_line=3)

    @rule(outcomes=st.sampled_from(BOTH), by=st.sampled_from(["staff a", "staff b"]))
    def decide_by_hand(self, outcomes: tuple[str, str], by: str) -> None:
        batch = self.batch()
        for line, outcome in zip(batch.decisions.order_by("pk") if batch else [], outcomes, strict=False):
            self.attempt(
                batches.set_outcome, decision=line, outcome=outcome, reason="Looked at.", by=self.world.people[by]
            )

    @rule(by=st.sampled_from(["staff a", "staff b"]))
    def approve(self, by: str) -> None:
        if batch := self.batch():
            self.attempt(batches.approve_batch, batch=batch, version=batch.version, by=self.world.people[by])

    @rule(act=st.sampled_from([batches.recall_batch, batches.release_batch, batches.discard_batch]))
    def go_on(self, act: Callable[..., Any]) -> None:
        if batch := self.batch():
            self.attempt(act, batch=batch, by=self.world.people["staff a"])

    @rule(by=st.sampled_from(["staff a", "staff b"]))
    def ask_to_take_back(self, by: str) -> None:
        if batch := self.batch():
            self.attempt(undo.request_undo, batch=batch, reason="A typing error.", by=self.world.people[by])

    @rule(by=st.sampled_from(["staff a", "staff b"]))
    def take_back(self, by: str) -> None:
        if counter := self.batch(counter=True):
            self.attempt(undo.approve_undo, counter=counter, version=counter.version, by=self.world.people[by])

    @rule(outcome=st.sampled_from(["advance", "not_advance"]), second=st.sampled_from(["staff a", "staff b"]))
    def whole_way(self, outcome: str, second: str) -> None:
        """Read what is open and decide on everybody, so that releases are no rarity among acts drawn at random."""
        for row in ReviewAssignment.objects.filter(state__in=["assigned", "in_progress"]):
            version = getattr(getattr(row, "review", None), "version", 0)
            self.attempt(
                reviews.submit_review,
                assignment=row,
                reading=factories.reading(row, 4),
                version=version,
                by=row.reviewer,
            )
        self.propose(by="staff a")
        reads = {"advance": outcome, "not_advance": outcome, "hold": "hold"}
        batch = self.batch()
        for line in batch.decisions.order_by("pk") if batch else []:
            self.attempt(
                batches.set_outcome,
                decision=line,
                outcome=reads[line.outcome],
                reason="Looked at.",
                by=self.world.people["staff a"],
            )
        self.approve(by=second)
        self.go_on(act=batches.release_batch)

    @rule()
    def back_again(self) -> None:
        self.ask_to_take_back(by="staff a")
        self.take_back(by="staff b")

    @invariant()
    def nothing_is_broken(self) -> None:
        broken = {one.__name__: list(one()) for one in [*invariants.ALL, *applying_invariants.ALL] if one().exists()}
        assert broken == {}

    @invariant()
    def no_phase_is_skipped(self) -> None:
        for one in self.applications():
            for state in (one.internal_state, one.released_state):
                assert THROUGH.get(A(state), set()) <= self.visited[one.pk], state
                self.visited[one.pk].add(A(state))

    @invariant()
    def the_mentors_get_nobody_who_was_not_advanced(self) -> None:
        for one in Application.objects.filter(released_state=A.FINAL):
            assert one.track_applications.filter(released_state="advanced").exists()

    @invariant()
    def nobody_reads_what_is_not_released(self) -> None:
        released = DecisionBatch.objects.filter(state=BatchState.RELEASED).exists()
        if not released:
            states = Application.objects.exclude(internal_state=A.WITHDRAWN).values_list("released_state", flat=True)
            assert set(states) <= {A.UNDER_REVIEW}


@pytest.fixture
def shared(world: World) -> Iterator[World]:
    """Three people under review, each read by two, nothing scored yet."""
    for name in NAMES:
        world.people[name] = person(name)
        applying.under_review(world, name)
    factories.assign(world)
    REACHED.clear()
    WORLD.append(world)
    yield world
    WORLD.pop()


def live(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        ReviewLife,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
        ),
    )


ACTS = ("submit_review", "declare_conflict", "decline_assignment", "reassign", "withdraw_application")
GATES = ("create_batch", "set_outcome", "approve_batch", "release_batch", "request_undo", "approve_undo")


@pytest.mark.requirement(28)
@pytest.mark.requirement(108)
def test_any_order_of_reading_and_deciding_keeps_what_always_holds(shared: World) -> None:
    live(examples=5, steps=16)

    missing = [act for act in (*ACTS, *GATES) if not REACHED[act]]
    assert missing == [], REACHED
    assert REACHED["refused: You made this batch. A second person has to approve it."] >= 1, REACHED


@pytest.mark.prove
def test_many_orders_of_reading_and_deciding(shared: World, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.perf_counter()
    live(examples=200, steps=40)

    with capsys.disabled():
        print(f"\n200 lives of 40 acts: {time.perf_counter() - begun:.0f} s,", dict(REACHED.most_common(20)))


def no_second_person(batch: DecisionBatch, *, version: int, by: Any) -> None:
    """Approve whoever asks."""


def conflicts_end_nothing(reviewer: Any, person: Any) -> list[ReviewAssignment]:
    """Leave everything on the table."""
    return []


def always_back_to_final(application: Application, found: str, tracks: dict[str, set[int]]) -> str:
    """Lead everybody back to the mentors, wherever they were."""
    return "back_to_final"


#: A fault each that somebody could have written, and what has to notice it.
BUGS = {
    "the maker approves": ("reviews.domain.batches.demand_second_person", no_second_person),
    "a conflict leaves the text on the table": ("reviews.domain.conflicts._assignments_of", conflicts_end_nothing),
    "who was closed early is led back past the review": ("applications.domain.gates._way_back", always_back_to_final),
}


@pytest.mark.parametrize("bug", BUGS)
def test_control_a_seeded_fault_is_noticed(bug: str, shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    where, wrong = BUGS[bug]
    monkeypatch.setattr(where, wrong)

    with pytest.raises(Exception) as found:
        live(examples=5, steps=16)

    assert not isinstance(found.value, Refused)
