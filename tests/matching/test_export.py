"""The list of offers as a file: every row, no formula, on the record; and the commands beside it."""

import csv
import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from core import clock
from core.models import AuditEvent
from matching.domain.exports import COLUMNS
from matching.domain.offers import accept_offer
from matching.models import MatchRun, Offer
from matching.states import RunState
from tests.matching.scenes import Scene, offer_of, offered_scene, ranked_scene, ranking_scene

pytestmark = pytest.mark.django_db
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "  =1",
    '=HYPERLINK("x","y")',
]


def lines_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def downloaded(scene: Scene) -> str:
    client = Client()
    client.force_login(scene.user("staff a"))
    with clock.at(scene.world.moments["offers"]):
        response = client.get("/console/offers/export.csv")
        assert response.headers["Content-Disposition"] == 'attachment; filename="offers-autumn-2026.csv"'
        return b"".join(response.streaming_content).decode()


def test_export_holds_every_offer_with_instants_in_utc():
    scene, _run = offered_scene()
    with clock.at(scene.world.moments["offers"]):
        accept_offer(offer=offer_of(scene, "ada"), by=scene.user("ada"))

    rows = lines_of(downloaded(scene))

    assert len(rows) == Offer.objects.count() == 5
    assert tuple(rows[0]) == COLUMNS
    assert next(row for row in rows if row["name"] == "Ada") == {
        "reference": scene.finalists["ada"].reference,
        "name": "Ada",
        "email": "ada@example.org",
        "stream": "Stream Alpha",
        "tracks": "Empirical",
        "state": "accepted",
        "sent": "2026-07-30T16:00:00Z",
        "expires": "2026-08-07T12:00:00Z",
        "replied": "2026-07-31T12:00:00Z",
        "seat": str(offer_of(scene, "ada").seat),
        "site": "Berkeley office",
    }


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula):
    scene, _run = offered_scene()
    type(scene.user("ada")).objects.filter(pk=scene.user("ada").pk).update(display_name=formula)
    scene.world.streams["alpha"].title = formula
    scene.world.streams["alpha"].save()

    rows = lines_of(downloaded(scene))

    assert len(rows) == 5
    row = next(row for row in rows if row["email"] == "ada@example.org")
    assert (row["name"], row["stream"]) == (f"'{formula}", f"'{formula}")


def test_control_a_harmless_name_is_written_as_it_is():
    scene, _run = offered_scene()
    type(scene.user("ada")).objects.filter(pk=scene.user("ada").pk).update(display_name='A-da, "of" =x')

    row = next(row for row in lines_of(downloaded(scene)) if row["email"] == "ada@example.org")
    assert row["name"] == 'A-da, "of" =x'


def test_export_stands_on_the_record():
    scene, _run = offered_scene()
    downloaded(scene)

    event = AuditEvent.objects.get(verb="export_offers")
    assert (event.actor, event.object_key) == (scene.user("staff a"), scene.world.cycle.public_id)


@pytest.mark.parametrize("who", ["ada", "alpha mentor", "reviewer a", "observer"])
def test_export_is_for_staff_alone(who):
    scene, _run = offered_scene()
    client = Client()
    client.force_login(scene.user(who))

    assert client.get("/console/offers/export.csv").status_code == 403
    assert not AuditEvent.objects.filter(verb="export_offers").exists()


def test_export_command_writes_the_same_lines_for_its_caller_alone(tmp_path: Path):
    scene, _run = offered_scene()
    path = tmp_path / "offers.csv"

    call_command("export_offers", cycle="autumn-2026", format="csv", output=str(path), stdout=io.StringIO())

    assert path.read_bytes().decode() == downloaded(scene)
    assert path.stat().st_mode & 0o777 == 0o600


def test_export_command_names_an_unknown_cycle():
    with pytest.raises(CommandError, match="no cycle called 'nowhere'"):
        call_command("export_offers", cycle="nowhere", output="-")


def test_run_command_computes_and_reports():
    scene, said = ranked_scene(), io.StringIO()
    with clock.at(scene.world.moments["matching"]):
        call_command("run_match", cycle="autumn-2026", seed="7", stdout=said)

    run = MatchRun.objects.get()
    assert (run.state, run.made_by) == (RunState.COMPUTED, None)
    assert f"result  {run.result_sha256}" in said.getvalue()
    assert "placed  5 of 6 people" in said.getvalue()
    assert "stable True, blocking pairs 0, rerun identical True" in said.getvalue()


def test_run_command_refuses_in_words():
    scene = ranking_scene()
    with clock.at(scene.world.moments["ranking"]), pytest.raises(CommandError, match="locked lists only"):
        call_command("run_match", cycle="autumn-2026", seed="7", stdout=io.StringIO())


def test_checkinvariants_names_what_is_broken():
    scene, _run = offered_scene()
    offer = offer_of(scene, "ada")
    Offer.objects.filter(pk=offer.pk).update(seat=99)
    said = io.StringIO()

    with pytest.raises(CommandError, match="statements are broken"):
        call_command("checkinvariants", stdout=said)

    assert "BROKEN  matching.offers_on_a_seat_that_does_not_exist: Every held seat is one of the granted ones." in (
        said.getvalue()
    )
    assert offer.public_id in said.getvalue()
