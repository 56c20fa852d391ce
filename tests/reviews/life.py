"""Readers, leads, staff and applicants act in any order; what they may not do, no order of acts lets them do."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import User
from accounts.states import Role
from applications.domain import invariants as applying_invariants
from applications.domain.application import withdraw_application
from applications.models import Application, TrackApplication
from applications.states import ApplicationState as A
from applications.states import TrackState
from core import clock, outbox
from core.models import OutboxMail
from core.refusals import Refused
from core.states import MailState
from reviews.domain import assignments, batches, conflicts, invariants, reviews, undo
from reviews.models import ConflictOfInterest, Decision, DecisionBatch, ReviewAssignment
from reviews.queries import batches_due
from reviews.queries.letters import decision_key
from reviews.queries.needs import COUNTED, Target
from reviews.states import AssignmentState, BatchState, Outcome
from tests.applications import factories as applying
from tests.reviews import factories
from tests.reviews.tours import READERS, TOURS
from tests.worlds import World, grant, person

WORLD: list[World] = []
REACHED: Counter[str] = Counter()
#: How often each act was tried, by what came of it.
TRIED: dict[str, Counter[str]] = {"done": Counter(), "refused": Counter()}
STATEMENTS = [*invariants.ALL, *applying_invariants.ALL]
NAMES = ("person 0", "person 1", "person 2")
#: ``close staff`` is close to person 0; person 2 works for the programme as well.
STAFF = ("staff a", "staff b", "close staff", "person 2")
#: How many read each text of the small world.
K = 2
#: What an application has to have been through before it stands in a state.
THROUGH = {
    A.STAGE2: {A.IN_SCREEN},
    A.UNDER_REVIEW: {A.IN_SCREEN, A.STAGE2},
    A.FINAL: {A.IN_SCREEN, A.STAGE2, A.UNDER_REVIEW},
}
OUTCOMES = [("advance", "hold", "advance"), ("not_advance", "advance", "not_advance"), ("hold", "not_advance", "hold")]
UNDO = timedelta(minutes=30)
#: Ways of handing a review in; most are as they should be.
HOW = ("whole", "whole", "whole", "a score beyond the scale", "a criterion left out", "an old tab", "somebody else's")
#: What ends a part of a life for good is done once in a while only: lives in which nobody is left show little.
NOW_AND_THEN = st.sampled_from([False, False, False, False, True])


class ReviewLife(RuleBasedStateMachine):
    """Every refusal is one of the words that people may read, and every act that must be refused is."""

    def __init__(self) -> None:
        super().__init__()
        self.world = WORLD[-1]
        self.people = self.world.people
        # A savepoint where the test has a transaction. Else (in many lives) a transaction of its own: rows that one
        # transaction has made and rolled back a thousand times are cleared away only after its end, and slow it down.
        self.example = transaction.atomic()
        self.example.__enter__()
        self.moment = self.world.moments["review"]
        self.visited = {one.pk: {A.IN_SCREEN, A.STAGE2, A.UNDER_REVIEW} for one in self.applications()}
        self.done = -1
        #: Where each release found the track of each line.
        self.found: dict[int, dict[int, str]] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def applications(self) -> list[Application]:
        return list(Application.objects.order_by("pk"))

    def attempt(self, act: Callable[..., Any], *, forbidden: str = "", **fields: Any) -> bool:
        """Do one act a minute later. Says whether it went through; ``forbidden`` says why it must not."""
        self.moment += timedelta(minutes=1)
        try:
            with clock.at(self.moment):
                act(**fields)
        except Refused as refusal:
            REACHED[f"refused: {refusal}"] += 1
            TRIED["refused"][act.__name__] += 1
            return False
        REACHED[act.__name__] += 1
        TRIED["done"][act.__name__] += 1
        assert not forbidden, f"{act.__name__} went through: {forbidden}"
        return True

    def assignment(self, which: int) -> ReviewAssignment:
        rows = list(ReviewAssignment.objects.order_by("pk"))
        return rows[which % len(rows)]

    def batch(self, *, counter: bool = False) -> DecisionBatch | None:
        rows = DecisionBatch.objects.exclude(state=BatchState.DISCARDED)
        rows = rows.exclude(counters=None) if counter else rows.filter(counters=None)
        return rows.order_by("-pk").first()

    def is_closed(self) -> bool:
        """Whether the next act comes after the end of the review."""
        return self.moment + timedelta(minutes=1) >= self.world.date("review_closes")

    @rule(which=st.integers(0, 11), value=st.sampled_from([2, 4, 5]), how=st.sampled_from(HOW))
    def read(self, which: int, value: int, how: str = "whole") -> None:
        row = self.assignment(which)
        version = getattr(getattr(row, "review", None), "version", 0)
        typed = factories.reading(row, 9 if how == "a score beyond the scale" else value)
        if how == "a criterion left out":
            scores = dict(list(typed.scores.items())[1:])
            typed = factories.reading(row, scores=scores)
        forbidden = "" if how == "whole" else how
        if row.state not in {AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS, AssignmentState.SUBMITTED}:
            forbidden = f"the text is {row.state}"
        elif self.is_closed():
            forbidden = "the review has closed"
        self.attempt(
            reviews.submit_review,
            assignment=row,
            reading=typed,
            version=version + (7 if how == "an old tab" else 0),
            by=self.people["empirical lead"] if how == "somebody else's" else row.reviewer,
            forbidden=forbidden,
        )

    @rule(which=st.integers(0, 11), kind=st.sampled_from(["personal", "other"]), sure=NOW_AND_THEN)
    def declare(self, which: int, kind: str = "personal", sure: bool = True) -> None:
        row = self.assignment(which)
        if sure:
            self.attempt(conflicts.declare_conflict, assignment=row, kind=kind, by=row.reviewer)

    @rule(which=st.integers(0, 11), own=st.sampled_from([True, True, False]))
    def hand_back(self, which: int, own: bool = True) -> None:
        row = self.assignment(which)
        self.attempt(
            assignments.decline_assignment,
            assignment=row,
            reason="time",
            by=row.reviewer if own else self.people["empirical lead"],
            forbidden="" if own else "it is somebody else's to hand back",
        )

    @rule(which=st.integers(0, 11), reader=st.sampled_from(READERS))
    def give_to_another(self, which: int, reader: str) -> None:
        row, chosen = self.assignment(which), self.people[reader]
        of_text = ReviewAssignment.objects.filter(track_application=row.track_application, evaluation=row.evaluation)
        author = (row.track_application or row.evaluation).application.person
        forbidden = ""
        if of_text.filter(reviewer=chosen).exists():
            forbidden = "the reader has had it before"
        elif are_close(chosen, author):
            forbidden = "the reader is close to its author"
        elif of_text.exclude(pk=row.pk).filter(state__in=sorted(COUNTED)).count() >= K:
            forbidden = "it has enough readers"
        self.attempt(
            assignments.reassign,
            assignment=row,
            reader=chosen,
            by=self.people["empirical lead"],
            forbidden=forbidden,
        )

    @rule(which=st.integers(0, 11), sure=NOW_AND_THEN)
    def give_to_somebody_close(self, which: int, sure: bool = True) -> None:
        """A reader who has not had the text turns out to be close to its author, and is chosen all the same."""
        row = self.assignment(which)
        author = (row.track_application or row.evaluation).application.person
        had = ReviewAssignment.objects.filter(track_application=row.track_application, evaluation=row.evaluation)
        free = [self.people[name] for name in READERS if not had.filter(reviewer=self.people[name]).exists()]
        if free and sure:
            self.attempt(conflicts.record_conflict, reviewer=author, person=free[0], kind="personal", by=author)
            self.give_to_another(which, reader=next(name for name in READERS if self.people[name] == free[0]))

    @rule(who=st.sampled_from(NAMES))
    def give_out(self, who: str) -> None:
        """Run the last step of the assignment with everybody as a reader."""
        row = TrackApplication.objects.get(application__person=self.people[who])
        rubric = row.track.rubrics.order_by("-version").first()
        readers = frozenset(self.people[name].pk for name in READERS)
        target = Target(
            kind="track_application",
            pk=row.pk,
            person_id=self.people[who].pk,
            rubric_id=rubric.pk,
            missing=K,
            readers=frozenset(),
            eligible=readers,
            reference="",
            tracks=(),
            wanted=K,
        )
        self.attempt(assignments.apply_assignment, target=target, readers=readers, by=None)

    @rule(who=st.sampled_from(NAMES), sure=NOW_AND_THEN)
    def leave(self, who: str, sure: bool = True) -> None:
        application = Application.objects.get(person=self.people[who])
        if sure:
            self.attempt(withdraw_application, application=application, by=self.people[who])

    @rule(by=st.sampled_from(STAFF))
    def propose(self, by: str) -> None:
        track = self.world.tracks["empirical"]
        self.attempt(batches.create_batch, track=track, gate="review", by=self.people[by], rule_line=3)

    @rule(outcomes=st.sampled_from(OUTCOMES), by=st.sampled_from(STAFF))
    def decide_by_hand(self, outcomes: tuple[str, ...], by: str) -> None:
        batch = self.batch()
        for line, outcome in zip(batch.decisions.order_by("pk") if batch else [], outcomes, strict=False):
            self.set_outcome(line, outcome, by)

    def set_outcome(self, line: Decision, outcome: str, by: str) -> None:
        forbidden = "the line is about oneself or somebody close" if self.is_kept_from(by, line) else ""
        if line.batch.state in {BatchState.RELEASED, BatchState.DISCARDED}:
            forbidden = f"the batch is {line.batch.state}"
        fields = {"decision": line, "outcome": outcome, "reason": "Looked at.", "by": self.people[by]}
        self.attempt(batches.set_outcome, forbidden=forbidden, **fields)

    def is_kept_from(self, by: str, *lines: Decision) -> bool:
        authors = [line.track_application.application.person for line in lines]
        return any(are_close(self.people[by], author) for author in authors)

    @rule(by=st.sampled_from(STAFF), back=st.sampled_from([0, 0, 0, 1]))
    def approve(self, by: str, back: int = 0) -> None:
        batch = self.batch()
        if batch is None:
            return
        lines = list(batch.decisions.select_related("track_application__application__person"))
        forbidden = ""
        if batch.maker == self.people[by]:
            forbidden = "the maker is no second person"
        elif back:
            forbidden = "it is not what was looked at"
        elif self.is_kept_from(by, *lines):
            forbidden = "a line is about oneself or somebody close"
        elif any(lacks_reads(line) for line in lines):
            forbidden = "somebody is decided on unread"
        self.attempt(
            batches.approve_batch, batch=batch, version=batch.version - back, by=self.people[by], forbidden=forbidden
        )

    @rule(act=st.sampled_from([batches.recall_batch, batches.discard_batch]))
    def go_on(self, act: Callable[..., Any]) -> None:
        if batch := self.batch():
            self.attempt(act, batch=batch, by=self.people["staff a"])

    @rule()
    def release(self) -> None:
        batch = self.batch()
        if batch is None:
            return
        lines = {line.pk: line for line in batch.decisions.select_related("track_application__application")}
        found = {pk: line.track_application.released_state for pk, line in lines.items()}
        forbidden = "" if batch.state == BatchState.APPROVED else f"it is {batch.state}"
        if self.attempt(batches.release_batch, batch=batch, by=self.people["staff a"], forbidden=forbidden):
            self.found[batch.pk] = found
            self.check_release(batch)

    def check_release(self, batch: DecisionBatch) -> None:
        """Everybody in it reads what was decided and gets one mail; whoever has left gets nothing."""
        for line in batch.decisions.select_related("track_application__application"):
            row = line.track_application
            has_left = row.internal_state == TrackState.WITHDRAWN
            mails = OutboxMail.objects.filter(key=decision_key(batch, row.application.public_id))
            assert mails.count() == (0 if has_left else 1), f"{mails.count()} mails about {line}"
            assert bool(line.left_out) == has_left, line
            assert (line.found is None) == has_left, line
            assert row.released_state == row.internal_state, line
            REACHED["released to somebody" if not has_left else "passed over"] += 1

    @rule(minutes=st.sampled_from([-5, 5]))
    def schedule(self, minutes: int) -> None:
        if batch := self.batch():
            forbidden = "" if batch.state == BatchState.APPROVED else f"it is {batch.state}"
            at = self.moment + timedelta(minutes=minutes)
            self.attempt(
                batches.schedule_batch,
                batch=batch,
                release_at=at,
                by=self.people["staff a"],
                forbidden=forbidden or ("that time has passed" if minutes < 0 else ""),
            )

    @rule()
    def calendar(self) -> None:
        """The beat comes round: releases that are due, mails whose time has come."""
        for batch in batches_due(self.moment):
            assert batch.release_at is None or batch.release_at <= self.moment
            found = {line.pk: line.track_application.released_state for line in batch.decisions.all()}
            if self.attempt(batches.release_batch, batch=batch):
                self.found[batch.pk] = found
                self.check_release(batch)
        with clock.at(self.moment):
            while outbox.deliver_next():
                REACHED["delivered"] += 1

    @rule(minutes=st.sampled_from([1, 15, 40]))
    def wait(self, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)

    @rule(by=st.sampled_from(STAFF))
    def ask_to_take_back(self, by: str) -> None:
        batch = self.batch()
        if batch is None:
            return
        lines = list(batch.decisions.all())
        forbidden = ""
        if batch.released_at is None or self.moment + timedelta(minutes=1) >= batch.released_at + UNDO:
            forbidden = "it is too late, or too early"
        elif self.is_kept_from(by, *lines):
            forbidden = "a line is about oneself or somebody close"
        fields = {"batch": batch, "reason": "A typing error.", "by": self.people[by]}
        if self.attempt(undo.request_undo, forbidden=forbidden, **fields):
            keys = [decision_key(batch, line.track_application.application.public_id) for line in lines]
            assert not OutboxMail.objects.filter(key__in=keys, state=MailState.QUEUED).exists(), "a mail would leave"

    @rule(by=st.sampled_from(STAFF))
    def take_back(self, by: str) -> None:
        counter = self.batch(counter=True)
        if counter is None:
            return
        lines = list(counter.decisions.all())
        forbidden = ""
        if counter.maker == self.people[by]:
            forbidden = "the maker is no second person"
        elif self.is_kept_from(by, *lines):
            forbidden = "a line is about oneself or somebody close"
        fields = {"counter": counter, "version": counter.version, "by": self.people[by]}
        if self.attempt(undo.approve_undo, forbidden=forbidden, **fields):
            self.check_taken_back(counter)

    def check_taken_back(self, counter: DecisionBatch) -> None:
        """Everybody stands where the release found them, or their line says why not."""
        release = counter.counters
        assert release is not None
        states = {line.track_application_id: self.found[release.pk][line.pk] for line in release.decisions.all()}
        for line in counter.decisions.all():
            row = line.track_application
            if not line.left_out:
                assert (row.internal_state, row.released_state) == (states[row.pk],) * 2, line
                REACHED["led back"] += 1

    @rule()
    def let_it_stand(self) -> None:
        counter = self.batch(counter=True)
        if counter is None or counter.state != BatchState.DRAFT:
            return
        held = [mail for line in counter.decisions.all() for mail in (line.found or {}).get("mails", [])]
        if self.attempt(batches.discard_batch, batch=counter, by=self.people["staff a"]):
            assert not OutboxMail.objects.filter(public_id__in=held, state=MailState.STOPPED).exists(), "a mail is lost"

    @rule(
        outcome=st.sampled_from(["advance", "not_advance"]),
        second=st.sampled_from(["staff a", "staff b"]),
        up_to=st.sampled_from(["approval", "approval", "release"]),
    )
    def whole_way(self, outcome: str, second: str = "staff b", up_to: str = "release") -> None:
        """Read what is open and decide on everybody, so that releases are no rarity among acts drawn at random."""
        for row in ReviewAssignment.objects.filter(state__in=["assigned", "in_progress"]):
            self.read(list(ReviewAssignment.objects.order_by("pk")).index(row), value=4)
        self.propose(by="staff a")
        reads = {"advance": outcome, "not_advance": outcome, "hold": "hold"}
        batch = self.batch()
        for line in batch.decisions.order_by("pk") if batch else []:
            self.set_outcome(line, reads[line.outcome], "staff a")
        self.approve(by=second)
        if up_to == "release":
            self.release()

    @rule()
    def back_again(self) -> None:
        self.ask_to_take_back(by="staff a")
        self.take_back(by="staff b")

    def read_everything(self) -> None:
        for row in ReviewAssignment.objects.filter(track_application__isnull=False).order_by("pk"):
            factories.review(self.world, row, 4)

    @invariant()
    def nothing_is_broken(self) -> None:
        done = sum(count for act, count in REACHED.items() if not act.startswith("refused"))
        if done == self.done:
            return  # what was refused has changed nothing
        self.done = done
        connection.check_constraints()  # those that the database looks at when it commits, which no life does
        with connection.cursor() as cursor:
            cursor.execute("EXECUTE what_always_holds")
            broken = {
                one.__name__: list(one()) for one, rings in zip(STATEMENTS, cursor.fetchone(), strict=True) if rings
            }
        assert broken == {}, sorted(broken)

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
    def nobody_is_read_by_more_than_k(self) -> None:
        readers = Count("review_assignments", filter=Q(review_assignments__state__in=sorted(COUNTED)))
        assert not TrackApplication.objects.annotate(readers=readers).filter(readers__gt=K).exists()

    @invariant()
    def nobody_reads_what_is_not_released(self) -> None:
        released = DecisionBatch.objects.filter(state=BatchState.RELEASED).exists()
        if not released:
            states = Application.objects.exclude(internal_state=A.WITHDRAWN).values_list("released_state", flat=True)
            assert set(states) <= {A.UNDER_REVIEW}
            assert not OutboxMail.objects.filter(key__startswith="decision:").exists()

    def check(self) -> None:
        """Ask for everything that always holds, as between two acts of a life."""
        self.nothing_is_broken()
        self.no_phase_is_skipped()
        self.the_mentors_get_nobody_who_was_not_advanced()
        self.nobody_is_read_by_more_than_k()
        self.nobody_reads_what_is_not_released()


def are_close(one: User, other: User) -> bool:
    """Say whether they are the same person or in conflict, asked of the table alone."""
    pair = Q(reviewer=one, person=other) | Q(reviewer=other, person=one)
    return one == other or ConflictOfInterest.objects.filter(pair).exists()


def lacks_reads(line: Decision) -> bool:
    """Say whether a line decides on somebody whom too few have read; whoever is held by hand may wait unread."""
    row = line.track_application
    if row.internal_state == TrackState.WITHDRAWN or (line.outcome == Outcome.HOLD and not line.by_rule):
        return False
    return row.review_assignments.filter(state=AssignmentState.SUBMITTED).count() < K


def tour(name: str) -> None:
    """Live one of the short lives; all but the first begin when everything has been read."""
    life = ReviewLife()
    try:
        if name != "reading":
            life.read_everything()
        for act, fields in TOURS[name]:
            if act == "close":
                life.moment = life.world.date("review_closes")
                continue
            getattr(life, act)(**fields)
            life.check()
    finally:
        life.teardown()


def live(examples: int, steps: int, number: int | None = None) -> None:
    """Live many lives, drawn with a fixed seed; ``number`` is another one."""
    run_state_machine_as_test(
        seed(number)(type("ReviewLife", (ReviewLife,), {})) if number is not None else ReviewLife,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
        ),
    )


def question() -> str:
    """Return the one question that asks for all statements at once."""
    parts = [connection.ops.compose_sql(*one().query.sql_with_params()) for one in STATEMENTS]
    return "SELECT " + ", ".join(f"EXISTS ({part})" for part in parts)


@contextmanager
def asked_at_once() -> Iterator[None]:
    """Have the database plan that question once: it is asked after every act, and planning takes longest."""
    with connection.cursor() as cursor:
        text = question()
        cursor.execute(f"PREPARE what_always_holds AS {text}")
        try:
            yield
            assert question() == text, "a statement hangs on what there was when it was written down"
        finally:
            connection.cursor().execute("DEALLOCATE what_always_holds")


@contextmanager
def lives_of(world: World) -> Iterator[World]:
    """Three people under review, each read by two, nothing scored yet."""
    for name in NAMES:
        world.people[name] = person(name)
        applying.under_review(world, name)
    world.people["close staff"] = person("close staff")
    for name in ("close staff", "person 2"):
        grant(world.people[name], Role.STAFF)
    close = world.people["close staff"]
    conflicts.record_conflict(reviewer=close, person=world.people["person 0"], kind="personal", by=close)
    factories.assign(world)
    for counter in (REACHED, *TRIED.values()):
        counter.clear()
    WORLD.append(world)
    try:
        with asked_at_once():
            yield world
    finally:
        WORLD.pop()
