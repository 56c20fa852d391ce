"""The board's figures of what people wait for: open, since when, late; for whom they are, and at what cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from applications.domain.concerns import Seen, raise_concern
from applications.models import EvaluationAssignment
from core import clock
from mats_portal.desk.privacy.requesting import ask_correction
from mats_portal.desk.waiting import waiting_figures
from reviews.domain.conflicts import record_conflict
from tests.applications import factories
from tests.desk.test_task_pages import signed_in
from tests.worlds import World, small_world


@pytest.fixture
def world(db: None) -> World:
    return small_world()


def ask_about(world: World, task: EvaluationAssignment, days: int = 0) -> None:
    with clock.at(world.moments["review"] + timedelta(days=days)):
        raise_concern(
            assignment=task, concern="Seen there.", evidence=[Seen("record", "Two versions")],
            by=world.people["empirical lead"],
        )  # fmt: skip


def ask_correction_of(world: World, who: str, days: int = 0, **fields: Any) -> None:
    with clock.at(world.moments["review"] + timedelta(days=days)):
        person = world.people[who]
        values = {"kind": "answers", "what": "My degree", "proposed": "MSc", "reason": "A slip", **fields}
        ask_correction(person=person, by=person, **values)


def figures(world: World, who: str = "staff a", days: float = 0) -> list[tuple[int | str, str]]:
    with clock.at(world.moments["review"] + timedelta(days=days)):
        return [(one.value, one.note) for one in waiting_figures(world.cycle, world.people[who])]


def board(client: Client, world: World, days: float = 0) -> str:
    with clock.at(world.moments["review"] + timedelta(days=days)):
        return client.get("/console/").content.decode()


def test_figures_say_how_many_since_when_and_what_is_late(world: World) -> None:
    assert figures(world) == [(0, "none is open"), (0, "none is open")]
    assert "none is open" in board(signed_in(world.people["staff a"]), world)
    for who in ("applicant", "other applicant"):
        factories.under_review(world, who)
    first, second = EvaluationAssignment.objects.order_by("pk")
    ask_about(world, first)
    ask_about(world, second, days=1)
    ask_correction_of(world, "applicant")
    ask_correction_of(world, "other applicant", days=3)

    assert figures(world, days=0.5)[0] == (2, "oldest from today, none overdue")
    assert figures(world, days=5) == [(2, "oldest 5 days, none overdue"), (2, "oldest 5 days, none overdue")]
    assert figures(world, days=15.2)[0] == (2, "oldest 15 days, 1 overdue"), "7 days to answer and 7 to decide"
    assert figures(world, days=30)[1] == (2, "oldest 30 days, 1 overdue")
    page = board(signed_in(world.people["staff a"]), world, days=30)
    for url in ("/console/tasks/integrity/", "/console/corrections/"):
        assert f'href="{url}">2</a>' in page
    assert ("2 overdue" in page, "1 overdue" in page) == (True, True)


def test_nobody_counts_what_their_lists_do_not_show(world: World) -> None:
    application = factories.under_review(world)
    ask_about(world, EvaluationAssignment.objects.get())
    ask_correction_of(world, "applicant")
    ask_correction_of(world, "staff b")
    assert [value for value, _ in figures(world, "staff a")] == [1, 2]
    assert [value for value, _ in figures(world, "staff b")] == [1, 1], "not one's own"
    with clock.at(world.moments["review"]):
        record_conflict(
            reviewer=world.people["staff a"], person=world.people["applicant"], kind="personal",
            by=world.people["staff a"],
        )  # fmt: skip
    assert [value for value, _ in figures(world, "staff a")] == [0, 1]
    staff = signed_in(world.people["staff a"])
    with clock.at(world.moments["review"]):
        page = staff.get("/console/corrections/").content.decode()
    assert (application.reference in page, str(world.people["staff b"]) in page) == (False, True)


def test_board_costs_the_same_for_one_and_for_many(world: World) -> None:
    staff, costs = signed_in(world.people["staff a"]), []
    for who in ("applicant", "other applicant", "third applicant"):
        application = factories.under_review(world, who)
        ask_about(world, application.evaluation_assignments.get())
        ask_correction_of(world, who)
        board(staff, world)
        with CaptureQueriesContext(connection) as queries:
            board(staff, world)
        costs.append(len(queries))
    assert costs[0] == costs[-1]
