"""Files: kept once, replaced, removed, corrected, handed in, forgotten."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from applications.domain.answers import save_answer
from applications.domain.application import close_application, open_stage2, reopen_application, submit_application
from applications.domain.documents import (
    MAX_BYTES,
    correct_text,
    forget_lost_files,
    remove_document,
    remove_files_of,
    tidy_name,
)
from applications.domain.values import NoAnswer
from applications.models import Application, Document
from applications.queries import latest_snapshot
from applications.queries.sheets import stream_place
from core import clock
from core.refusals import Refused
from core.transitions import publish_state, transition
from mats_portal.demo.files import pdf
from tests.applications import factories
from tests.applications.files import ask_for_file, asked_for, document_of, send, upload
from tests.applications.hostile import docx
from tests.worlds import World


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Keep the files of one test in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def draft(world: World, folder: Path) -> Application:
    """Return a draft whose general form asks for a CV."""
    ask_for_file(world.cycle.general_form)
    return factories.draft(world)


def stored(folder: Path) -> list[str]:
    """Return the names of the stored files."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_file_is_kept_under_a_name_of_ours_with_what_was_found_in_it(
    world: World, draft: Application, folder: Path
) -> None:
    with clock.at(world.moments["open"]):
        answer = send(draft)
    document = document_of(answer)

    assert (document.type, document.pages, document.name) == ("pdf", 1, "curriculum.pdf")
    assert document.text == "Ada Example\nBuilt a small test."
    assert stored(folder) == [document.storage_name]
    assert "curriculum" not in document.storage_name
    assert default_storage.open(document.storage_name).read() == upload().read()


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("cv.docx", docx("<w:p><w:r><w:t>One</w:t></w:r></w:p><w:p><w:r><w:t>two</w:t></w:r></w:p>"), "One\ntwo"),
        ("cv.txt", "Łucja\r\nsecond line".encode(), "Łucja\nsecond line"),
        ("CV.PDF", pdf(["(brackets) and \\ strokes"]), "(brackets) and \\ strokes"),
    ],
)
def test_each_kind_of_file_gives_its_text(
    world: World, draft: Application, name: str, content: bytes, text: str
) -> None:
    with clock.at(world.moments["open"]):
        answer = send(draft, upload(name, content))

    assert document_of(answer).text == text


def test_same_file_twice_is_one_and_another_takes_its_place(
    world: World, draft: Application, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with clock.at(world.moments["open"]), django_capture_on_commit_callbacks(execute=True):
        first = send(draft)
        again = send(draft, upload("other-name.pdf"))
        other = send(draft, upload("second.pdf", pdf(["Another"])))

    assert (first.pk, first.version) == (again.pk, again.version)
    assert other.version == first.version + 1
    assert stored(folder) == [Document.objects.get().storage_name]


def test_file_is_refused_once_the_form_is_closed_and_nothing_is_stored(
    world: World, draft: Application, folder: Path
) -> None:
    with clock.at(world.moments["closed"]), pytest.raises(Refused, match="window closed"):
        send(draft)

    assert stored(folder) == []


def test_file_of_another_application_is_no_answer(world: World, draft: Application) -> None:
    other = factories.draft(world, "other applicant")
    with clock.at(world.moments["open"]):
        theirs = send(other)
        item = asked_for(draft).item
        with pytest.raises(Refused, match="no longer here"):
            save_answer(
                application=draft, item=item, scope="general", scope_key="", value=theirs.value, version=0, by=None
            )
        with pytest.raises(NoAnswer, match="Choose a file"):
            save_answer(application=draft, item=item, scope="general", scope_key="", value="x", version=0, by=None)


def test_what_was_handed_in_stays_when_it_is_replaced_and_what_was_not_goes(
    world: World, draft: Application, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with clock.at(world.moments["open"]), django_capture_on_commit_callbacks(execute=True):
        handed_in = document_of(send(draft))
        submit_application(application=draft, by=draft.person)
        reopen_application(application=draft, by=draft.person)
        draft.refresh_from_db()
        draft_only = document_of(send(draft, upload("b.pdf", pdf(["B"]))))
        last = document_of(send(draft, upload("c.pdf", pdf(["C"]))))

    handed_in.refresh_from_db()
    assert handed_in.handed_in_at
    assert handed_in.removed_at
    assert not Document.objects.filter(pk=draft_only.pk).exists()
    assert stored(folder) == sorted([handed_in.storage_name, last.storage_name])
    assert handed_in.sha256 in str(latest_snapshot(draft, "general").content)


def test_removing_takes_the_file_away_and_twice_is_once(
    world: World, draft: Application, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with clock.at(world.moments["open"]), django_capture_on_commit_callbacks(execute=True):
        send(draft)
        item = asked_for(draft).item
        for _ in range(2):
            remove_document(application=draft, item=item, scope="general", scope_key="", by=draft.person)

    assert stored(folder) == []
    assert asked_for(draft).value is None


@pytest.mark.requirement(22)
def test_stream_uses_the_general_cv_until_it_has_its_own(world: World, folder: Path) -> None:
    ask_for_file(world.cycle.general_form)
    ask_for_file(world.streams["alpha"].form)
    application = factories.draft(world)
    with clock.at(world.moments["open"]):
        general = send(application)
    for name, moment in (("submit", "open"), ("close", "closed"), ("stage2", "stage2")):
        with clock.at(world.moments[moment]):
            _move(application, name)
    row = factories.stream_draft(world, application, "alpha")
    place = stream_place(row)

    reused = asked_for(application, place=place)
    with clock.at(world.moments["stage2"]):
        own = send(application, upload("for-alpha.pdf", pdf(["For alpha"])), place=place)

    assert (reused.is_reused, reused.value["id"]) == (True, general.value["id"])
    assert asked_for(application, place=place).value["id"] == own.value["id"]
    assert asked_for(application).value["id"] == general.value["id"]


def _move(application: Application, step: str) -> None:
    if step == "submit":
        submit_application(application=application, by=application.person)
    elif step == "close":
        close_application(application=application)
    else:
        publish_state(transition(application.track_applications.get(), "pass_screen", by=None), by=None)
        open_stage2(application=application)
    application.refresh_from_db()


def test_correction_stands_beside_what_the_machine_read(world: World, draft: Application) -> None:
    with clock.at(world.moments["open"]):
        document = document_of(send(draft))
        corrected = correct_text(document=document, text="Ada Example, reader", by=draft.person)
        back = correct_text(document=document, text=document.text, by=draft.person)

    assert (corrected.text, corrected.corrected_text) == (document.text, "Ada Example, reader")
    assert back.corrected_text is None


def test_person_leaves_no_file_behind(
    world: World, draft: Application, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    other = factories.draft(world, "other applicant")
    with clock.at(world.moments["open"]), django_capture_on_commit_callbacks(execute=True):
        send(draft)
        submit_application(application=draft, by=draft.person)
        kept = document_of(send(other, upload("b.pdf", pdf(["B"]))))
        assert remove_files_of(person=draft.person, by=None) == 1
        assert remove_files_of(person=draft.person, by=None) == 0

    assert stored(folder) == [kept.storage_name]


def test_bytes_without_a_row_are_found_after_a_day_and_others_left(
    world: World, draft: Application, folder: Path
) -> None:
    with clock.at(world.moments["open"]):
        kept = document_of(send(draft)).storage_name
    lost, young = (default_storage.save(f"documents/{name}", ContentFile(b"x")) for name in ("lost", "young"))
    old = time.time() - 2 * 24 * 3600
    for name in (kept, lost):
        os.utime(folder / name, (old, old))

    assert forget_lost_files() == 1
    assert stored(folder) == sorted([kept, young])


def test_file_that_is_too_large_is_refused_unread(world: World, draft: Application) -> None:
    class Unreadable(SimpleUploadedFile):
        def read(self, *args: Any) -> bytes:
            raise AssertionError("It was read.")

    large = Unreadable("cv.pdf", b"")
    large.size = MAX_BYTES + 1
    with clock.at(world.moments["open"]), pytest.raises(NoAnswer, match="larger than 10 MB"):
        send(draft, large)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("a\\b\\cv.pdf", "cv.pdf"),
        ("cv\u202efdp.exe", "cvfdp.exe"),
        ("cv\r\n.pdf", "cv.pdf"),
        ("x" * 300 + ".pdf", "x" * 87 + ".pdf"),
    ],
)
def test_names_are_shown_as_they_read(typed: str, shown: str) -> None:
    assert tidy_name(typed) == shown
