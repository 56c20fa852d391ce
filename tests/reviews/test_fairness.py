"""How often groups go on: sums from ten people on, for staff, as a reason to look again and never a stop."""

import pytest
from django.test import Client

from applications.models import Answer
from core import clock
from questions.models import Question
from questions.states import DataClass, QuestionKind
from reviews.models import DecisionBatch
from reviews.queries.fairness import pass_ratios
from reviews.states import Outcome
from tests.reviews.crowd import crowd, proposed
from tests.worlds import World


def batch_of(
    world: World, groups: dict[str, tuple[int, int]], data_class: str = DataClass.INSTITUTION
) -> DecisionBatch:
    """Make a batch in which of each group so many go on and so many do not."""
    question = Question.objects.create(
        code="stage",
        canonical_meaning="Career stage",
        kind=QuestionKind.CHOICE,
        text="Where are you?",
        data_class=data_class,
        choices=[{"value": group, "label": group.title()} for group in groups],
    )
    rows = crowd(world, sum(map(sum, groups.values())))
    batch = proposed(world, rows)
    outcomes = [
        (group, outcome)
        for group, (advance, not_advance) in groups.items()
        for outcome in [Outcome.ADVANCE] * advance + [Outcome.NOT_ADVANCE] * not_advance
    ]
    for row, (group, outcome) in zip(rows, outcomes, strict=True):
        Answer.objects.create(application_id=row.application_id, question=question, scope="general", value=group)
        batch.decisions.filter(track_application=row).update(outcome=outcome)
    return batch


def test_group_that_goes_on_less_than_four_fifths_as_often_is_named(world: World) -> None:
    batch = batch_of(world, {"early": (8, 4), "late": (6, 6), "small": (0, 9)})

    found = [(one.group, one.n, one.ratio, one.is_low) for one in pass_ratios(batch)]

    # 6/12 beside 8/12; nine people are too few to say anything about.
    assert found == [("Early", 12, 1.0, False), ("Late", 12, 0.75, True)]


def test_exactly_four_fifths_is_not_low(world: World) -> None:
    batch = batch_of(world, {"early": (10, 0), "late": (8, 2)})

    assert [(one.ratio, one.is_low) for one in pass_ratios(batch)] == [(1.0, False), (0.8, False)]


@pytest.mark.parametrize(
    ("groups", "data_class"),
    [
        ({"early": (9, 0), "late": (0, 11)}, DataClass.INSTITUTION),  # one group alone cannot be compared
        ({"early": (0, 12), "late": (0, 12)}, DataClass.INSTITUTION),  # nobody goes on
        ({"early": (12, 0), "late": (0, 12)}, DataClass.NONE),  # no answer that is asked for statistics
        ({"early": (12, 0), "late": (0, 12)}, DataClass.SPECIAL),  # on a need-to-know basis: not even as a sum
    ],
)
def test_nothing_is_said_where_nothing_can_be_compared(
    world: World, groups: dict[str, tuple[int, int]], data_class: str
) -> None:
    assert pass_ratios(batch_of(world, groups, data_class)) == []


def test_warning_is_for_staff_and_stops_nothing(world: World) -> None:
    batch = batch_of(world, {"early": (12, 0), "late": (3, 9)}, DataClass.DEMOGRAPHIC)
    pages = {}
    for who in ("staff b", "empirical lead"):
        client = Client()
        client.force_login(world.people[who])
        with clock.at(world.moments["review"]):
            pages[who] = client.get(f"/console/decisions/{batch.public_id}/").content.decode()

    assert "no finding about anybody" in pages["staff b"]
    assert f'action="/console/decisions/{batch.public_id}/approve/"' in pages["staff b"]
    assert "Career stage" not in pages["empirical lead"]
    assert "below 0.8" not in pages["empirical lead"]
