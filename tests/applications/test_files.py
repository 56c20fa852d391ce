"""Files through the pages: hostile ones, who may open which, what a browser is told."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from applications.domain.application import close_application, close_stage2, open_stage2, submit_application
from applications.domain.documents import correct_text
from applications.engine import bounded
from applications.models import Application, Document
from core import clock
from core.http import INERT
from core.transitions import publish_state, transition
from questions.states import DataClass
from streams.models import Track
from tests.applications import factories
from tests.applications.files import ask_for_file, asked_for, document_of, send, upload
from tests.applications.hostile import Hostile, corpus
from tests.reviews import factories as reviewing
from tests.worlds import World

PAGE = "/my/application/statements/"
#: Megabytes and seconds (what a hostile file may cost).
MOST_MEMORY, MOST_SECONDS = 300, 10


@pytest.fixture
def draft(world: World, settings: Any, tmp_path: Path) -> Application:
    """Return a draft whose last section asks for a CV."""
    settings.MEDIA_ROOT = tmp_path
    ask_for_file(world.cycle.general_form)
    return factories.draft(world)


@pytest.fixture
def client(world: World, draft: Application) -> Iterator[Client]:
    """Sign the applicant in, in the open window."""
    signed_in = Client()
    signed_in.force_login(world.people["applicant"])
    with clock.at(world.moments["open"]):
        yield signed_in


def field(application: Application) -> tuple[str, dict[str, str]]:
    """Return the name of the field and what a page posts with it."""
    key = asked_for(application).item.pk
    return f"answer-{key}", {f"version-{key}": "0", "stay": "yes"}


def post(client: Client, application: Application, file: Any) -> Any:
    """Send a file by the button beside it."""
    name, rest = field(application)
    return client.post(PAGE, {**rest, name: file})


def send_all(client: Client, application: Application, files: Iterator[Hostile]) -> Counter[str]:
    """Send every file and count what became of it; check what a browser is told of each one that was taken."""
    came: Counter[str] = Counter()
    for hostile in files:
        before = set(Document.objects.values_list("pk", flat=True))
        began = time.monotonic()
        answer = post(client, application, SimpleUploadedFile(hostile.name, hostile.content))
        assert time.monotonic() - began < MOST_SECONDS, hostile.kind
        fresh = Document.objects.exclude(pk__in=before)
        assert answer.status_code in {302, 422}, (hostile.kind, answer.status_code)
        assert answer.status_code == (302 if fresh else 422), hostile.kind
        for document in fresh:
            assert hostile.is_fine, hostile.kind
            check_download(client, document)
        came["taken" if fresh else "refused"] += 1
    return came


def check_download(client: Client, document: Document) -> None:
    """Demand that a browser keeps the file and never shows or runs it."""
    answer = client.get(f"/my/files/{document.public_id}/")
    disposition = answer.headers["Content-Disposition"]
    assert answer.status_code == 200
    assert disposition.startswith("attachment;")
    assert not set("\r\n\u202e") & set(disposition)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == INERT
    assert "no-store" in answer.headers["Cache-Control"]
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert ".." not in document.name
    assert "/" not in document.name


@pytest.mark.threat("T15")
@pytest.mark.threat("T16")
def test_each_kind_of_hostile_file_is_refused_and_odd_names_are_tamed(client: Client, draft: Application) -> None:
    came = send_all(client, draft, corpus(seed=1, n=57))

    assert came == {"refused": 46, "taken": 11}


@pytest.mark.prove
def test_three_hundred_hostile_files_are_refused_within_bounds(client: Client, draft: Application) -> None:
    came = send_all(client, draft, corpus(seed=2, n=342))

    assert came == {"refused": 276, "taken": 66}
    assert peak_of_looking(seed=2, n=342) < MOST_MEMORY


def peak_of_looking(seed: int, n: int) -> float:
    """Return the most megabytes that looking into one file took.

    Measured from a small process: a child counts, until it becomes the other program, what its parent held.
    """
    program = (
        "import resource\nfrom applications.engine.bounded import inspect\n"
        "from tests.applications.hostile import corpus\n"
        f"for one in corpus({seed}, {n}): inspect(one.content, one.name.rpartition('.')[2])\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    return float(told.stdout)


def test_file_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "WALL_SECONDS", 0.01)

    assert bounded.inspect(upload().read(), "pdf").reason == bounded.TOO_HEAVY


def test_request_larger_than_anything_is_refused_before_it_is_read(client: Client) -> None:
    answer = client.generic(
        "POST", PAGE, b"--x\r\n", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(10 * 1024**3)
    )

    assert answer.status_code == 400


def test_larger_file_than_taken_leaves_a_sentence_and_no_content(client: Client, draft: Application) -> None:
    answer = post(client, draft, SimpleUploadedFile("cv.pdf", b"%PDF-" + b" " * 12 * 1024 * 1024))

    assert answer.status_code == 422
    assert "larger than 10 MB" in answer.content.decode()
    assert not Document.objects.exists()


def test_name_of_a_file_is_text_on_the_page(client: Client, world: World) -> None:
    application = Application.objects.get()
    name, rest = field(application)

    answer = client.post(PAGE, {**rest, name: upload("<b>me.pdf")})
    page = client.get(PAGE).content.decode()

    assert answer.status_code == 302
    assert "&lt;b&gt;me.pdf" in page
    assert "<b>me" not in page


def test_refused_file_leaves_the_one_before_in_place(client: Client, draft: Application) -> None:
    post(client, draft, upload())
    answer = post(client, draft, upload("page.pdf", b"<html>"))

    assert answer.status_code == 422
    assert "curriculum.pdf" in answer.content.decode()
    assert "though its name says so" in answer.content.decode()


def test_script_sends_the_file_alone_and_gets_the_field_back(client: Client, draft: Application) -> None:
    name, _ = field(draft)

    kept = client.post(PAGE, {"field": name, "value": upload()})
    wrong = client.post(PAGE, {"field": name, "value": upload("cv.exe")})

    assert kept.status_code == 200
    assert "curriculum.pdf" in kept.content.decode()
    assert (wrong.status_code, wrong.json()) == (
        422,
        {"error": "Send a PDF, a DOCX or a plain text file (.txt)."},
    )


def test_removing_by_its_button_stays_on_the_page(client: Client, draft: Application) -> None:
    post(client, draft, upload())
    name, rest = field(draft)
    del rest["stay"]

    answer = client.post(PAGE, {**rest, "remove-file": name.removeprefix("answer-")})

    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert not Document.objects.exists()


def test_text_of_a_file_is_shown_and_corrected(client: Client, draft: Application) -> None:
    post(client, draft, upload())
    url = f"/my/files/{Document.objects.get().public_id}/text/"

    assert "Built a small test." in client.get(url).content.decode()
    assert client.post(url, {"text": "Built two small tests."}).status_code == 302
    assert "Built two small tests." in client.get(url).content.decode()


@pytest.mark.threat("T02")
def test_file_is_hidden_from_everybody_but_its_owner_and_staff(world: World, draft: Application) -> None:
    with clock.at(world.moments["open"]):
        document = document_of(send(draft))
        came = {}
        for who, person in world.people.items():
            signed_in = Client()
            signed_in.force_login(person)
            own = signed_in.get(f"/my/files/{document.public_id}/").status_code
            console = signed_in.get(f"/console/files/{document.public_id}/").status_code
            came[who] = (own, console)

    opened = {who: codes for who, codes in came.items() if 200 in codes}
    assert opened.keys() == {"applicant", "staff a", "staff b", "admin"}
    assert opened["applicant"] == (200, 404)
    assert opened["staff a"] == (404, 200)


@pytest.mark.threat("T02")
@pytest.mark.parametrize(
    ("data_class", "status"), [(DataClass.NONE, 200), (DataClass.INSTITUTION, 404), (DataClass.DOCUMENT, 404)]
)
def test_reader_gets_a_file_only_of_a_class_the_track_does_not_hide(
    world: World, draft: Application, data_class: str, status: int
) -> None:
    assert DataClass.INSTITUTION in Track.objects.get(slug="empirical").blind_fields
    ask_for_file(world.cycle.general_form, "extra", data_class=data_class)
    with clock.at(world.moments["open"]):
        document = document_of(send(draft, code="extra"))
        correct_text(document=document, text="What it <b>really</b> says", by=draft.person)
    application = _to_review(world, draft)
    reviewing.add_rubrics(world)
    reviewing.assign(world)
    assignment = reviewing.of(application).review_assignments.order_by("pk").first()
    reader, other = Client(), Client()
    reader.force_login(assignment.reviewer)
    other.force_login(world.people["alpha mentor"])
    url = f"/review/{assignment.public_id}/files/{document.public_id}/"
    with clock.at(world.moments["review"]):
        page = reader.get(f"/review/{assignment.public_id}/").content.decode()
        answer = reader.get(url)
        foreign = other.get(url)
        text = reader.get(f"{url}text/")
        assert other.get(f"{url}text/").status_code in {403, 404}

    assert answer.status_code == status
    assert foreign.status_code in {403, 404}
    assert (document.public_id in page) == (status == 200)
    assert "curriculum" not in page
    assert text.status_code == status
    if status == 200:
        assert "curriculum" not in answer.headers["Content-Disposition"] + text.content.decode()
        assert "Corrected by the applicant" in text.content.decode()
        assert "What it &lt;b&gt;really&lt;/b&gt; says" in text.content.decode()


def _to_review(world: World, application: Application) -> Application:
    with clock.at(world.moments["open"]):
        submit_application(application=application, by=application.person)
    with clock.at(world.moments["closed"]):
        application = close_application(application=application)
    with clock.at(world.moments["stage2"]):
        for row in application.track_applications.all():
            publish_state(transition(row, "pass_screen", by=None), by=None)
        application = open_stage2(application=application)
    factories.stream_submitted(world, application, "alpha")
    factories.evaluation_submitted(world, application)
    with clock.at(world.moments["review"]):
        return close_stage2(application=application)
