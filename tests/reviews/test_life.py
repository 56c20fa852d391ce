"""Any order of acts, by anybody: what always holds of readings and decisions holds; and each fault is noticed."""

import time
from collections.abc import Iterator

import pytest

from core.refusals import Refused
from reviews.models import ReviewAssignment
from tests.faulty import plant
from tests.reviews import life, test_blindness
from tests.reviews.faults import FAULTS, SHOWN, Fault
from tests.reviews.life import REACHED, TRIED, live, tour
from tests.reviews.test_blindness import reading  # noqa: F401 -- a fixture of the tests that are asked below
from tests.reviews.tours import TOURS
from tests.worlds import World

ACTS = ("submit_review", "declare_conflict", "decline_assignment", "reassign", "withdraw_application")
GATES = ("create_batch", "set_outcome", "approve_batch", "release_batch", "request_undo", "approve_undo")


@pytest.fixture
def shared(world: World) -> Iterator[World]:
    with life.lives_of(world):
        yield world


@pytest.mark.requirement(28)
@pytest.mark.requirement(108)
def test_any_order_of_reading_and_deciding_keeps_what_always_holds(shared: World) -> None:
    live(examples=5, steps=16)

    # So few lives do not come everywhere; the short ones below do, and so do the many of the full proof.
    reached = [act for act in (*ACTS, *GATES) if REACHED[act]]
    assert len(reached) >= 5, REACHED
    assert sum(count for text, count in REACHED.items() if text.startswith("refused: ")) >= 10, REACHED


def test_the_short_lives_come_past_every_limit(shared: World) -> None:
    """What the seeded faults are held against: everything that must be refused was tried, and refused."""
    for name in TOURS:
        tour(name)

    acts = (*ACTS, *GATES, "apply_assignment", "recall_batch", "discard_batch", "schedule_batch")
    assert [act for act in acts if not REACHED[act]] == [], REACHED
    marks = ("released to somebody", "passed over", "led back", "delivered")
    assert [mark for mark in marks if not REACHED[mark]] == [], REACHED
    refusals = [text for text in REACHED if text.startswith("refused: ")]
    for part in (
        "A second person",
        "changed since you looked",
        "on you or on a person close to you. Somebody else has to approve",
        "on you or on a person close to you. Somebody else has to take it back",
        "This line is not yours",
        "reads missing",
        "is now “draft”",
        "is now “released”",
        "This time has passed",
        "The time to take this release back is over",
        "has a conflict of interest",
        "has had this text before",
        "not yours to review",
        "no longer yours to review",
        "The review has closed",
        "in another window",
        "is scored from",
        "or choose “cannot tell”",
    ):
        assert any(part in text for text in refusals), (part, refusals)


#: One run of fifty lives each.
SEEDS = (26, 27, 28, 29)


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_many_orders_of_reading_and_deciding(shared: World, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.perf_counter()
    for number in SEEDS:
        live(examples=50, steps=40, number=number)
        with capsys.disabled():
            print(f"\n50 lives of 40 acts from seed {number}: {time.perf_counter() - begun:.0f} s", flush=True)

    with capsys.disabled():
        for act in sorted({*TRIED["done"], *TRIED["refused"]}):
            print(f"{act}: {TRIED['done'][act]} done, {TRIED['refused'][act]} refused")
        print(len([text for text in REACHED if text.startswith("refused: ")]), "kinds of refusal")
        print({text: n for text, n in REACHED.most_common() if text not in TRIED["done"]})
    everything = {*ACTS, *GATES, "recall_batch", "discard_batch", "schedule_batch"}
    assert sorted(everything - set(TRIED["done"])) == []
    assert sorted(everything - set(TRIED["refused"])) == ["declare_conflict"], "that is always possible"


def noticed_by(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> str:
    """Plant a fault and say what noticed it; empty if nothing did."""
    with monkeypatch.context() as patch:
        plant(patch, fault.where, fault.old, fault.new)
        try:
            tour(fault.tour)
        except Refused:
            raise  # the way there is wrong, and nothing was noticed
        except Exception as found:  # noqa: BLE001 -- an alarm of any kind; which one is printed
            return f"{type(found).__name__}: {next(iter(str(found).splitlines()), '')[:90]}"
    return ""


def test_every_seeded_fault_is_noticed(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    by = {name: noticed_by(fault, monkeypatch) for name, fault in FAULTS.items()}
    for name, alarm in by.items():
        print(f"{name}: {alarm or 'NOT NOTICED'}")
    print(f"{sum(map(bool, by.values()))} of {len(by)} seeded faults noticed")

    assert [name for name, alarm in by.items() if not alarm] == []
    assert len(by) >= 20


@pytest.mark.parametrize("secret", SHOWN)
def test_every_seeded_fault_in_what_is_shown_is_noticed(
    secret: str,
    world: World,
    reading: ReviewAssignment,  # noqa: F811 -- the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch, SHOWN[secret].where, SHOWN[secret].old, SHOWN[secret].new)

    with pytest.raises(AssertionError):
        test_blindness.test_reviewer_sees_the_same_in_both_worlds(world, reading, secret)
