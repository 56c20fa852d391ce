"""The pages on which files are asked for and taken."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.models import AnswerSnapshot, Application
from applications.states import ApplicationState
from core.refusals import Refused
from mats_portal.desk.models import ExportFile, SavedExport
from tests.desk.exports.making import as_user, made


def test_pages_ask_the_same_number_of_queries_for_one_file_and_for_many(scene, staff):
    client = as_user(staff)
    made(scene, staff)
    client.get("/console/exports/")
    with CaptureQueriesContext(connection) as one:
        client.get("/console/exports/")
    for _ in range(5):
        made(scene, staff)
    with CaptureQueriesContext(connection) as many:
        assert client.get("/console/exports/").content.count(b"Download<") == 6

    assert len(many) == len(one)


def test_counts_come_before_the_file_and_the_choice_is_kept(scene, staff):
    client = as_user(staff)
    page = client.get("/console/exports/new/?set=people").content.decode()
    assert "6 rows of Autumn 2026" in page
    assert "Locked: Only admins export logistics and documents." in page

    chosen = {"columns": ["reference", "email"], "file_format": "csv", "purpose": "Seats for the opening day"}
    chosen |= {"save_as": "Addresses", "track": "empirical"}
    check = client.post("/console/exports/new/?set=people", chosen)
    assert "6 rows, 2 columns, contains contact data" in check.content.decode()
    assert not ExportFile.objects.exists()

    made_it = client.post("/console/exports/new/?set=people", chosen | {"act": "make"})
    export = ExportFile.objects.get()
    assert made_it.headers["Location"] == export.job.get_absolute_url()
    assert (export.columns, export.filters) == (["reference", "email"], {"track": "empirical"})
    saved = SavedExport.objects.get()
    again = client.get(f"/console/exports/new/?set=people&saved={saved.public_id}").content.decode()
    assert [key for key in ("reference", "email", "name") if f'id="column-{key}" checked' in again] == [
        "reference",
        "email",
    ]

    assert (
        as_user(scene.world.people["staff b"]).post(f"/console/exports/choices/{saved.public_id}/remove/").status_code
        == 404
    )
    client.post(f"/console/exports/choices/{saved.public_id}/remove/")
    assert not SavedExport.objects.exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"purpose": " "}, "Say what the file is for."),
        ({"purpose": "why"}, "Say it in a sentence."),
        ({"columns": []}, "Choose at least one column."),
        ({"columns": ["answer-places"]}, "The column “answer-places” cannot be chosen."),
        ({"columns": ["password"]}, "The column “password” cannot be chosen."),
    ],
)
def test_form_says_what_is_wrong_and_makes_nothing(scene, staff, spoil, said):
    chosen = {"columns": ["reference"], "file_format": "csv", "purpose": "Seats for the opening day", "act": "make"}

    response = as_user(staff).post("/console/exports/new/?set=people", chosen | spoil)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not ExportFile.objects.exists()


def test_unknown_set_is_not_there_and_nothing_yet_is_said(scene, staff):
    assert as_user(staff).get("/console/exports/new/?set=secrets").status_code == 404
    assert "No exports in the last 24 hours." in as_user(staff).get("/console/exports/").content.decode()


def test_nobody_but_staff_exports(scene):
    for name in ("observer", "empirical lead", "alpha mentor", "reviewer a", "ada"):
        assert as_user(scene.user(name)).get("/console/exports/").status_code == 403, name
        with pytest.raises(Refused):
            made(scene, scene.user(name), columns=["reference"])
    assert Application.objects.filter(internal_state=ApplicationState.OFFERED).exists(), "liveness: there are people"
    assert AnswerSnapshot.objects.exists()
