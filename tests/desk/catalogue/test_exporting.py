"""The exporter: what is written comes back as the very same, in this database and in an empty one."""

import tomllib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import example, given
from hypothesis import strategies as st

from core.models import AuditEvent
from mats_portal.desk.catalogue.importing import import_catalogue
from mats_portal.desk.catalogue.reading import Entry, read
from mats_portal.desk.catalogue.writing import value_text
from questions.domain.rows import Change
from streams.models import KeyDate, ResearchArea, Stream
from tests.desk.catalogue.test_importing import REAL

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


def exported(output: Path, cycle: str = "autumn-2026") -> dict[str, bytes]:
    call_command("export_catalogue", "--cycle", cycle, "--output", str(output), verbosity=0)
    files = [output] if output.suffix else sorted(output.iterdir())
    return {file.name: file.read_bytes() for file in files}


def plain(value: Any) -> Any:
    """Return entries as dictionaries; lists whose order means nothing, sorted."""
    if isinstance(value, Entry):
        return {name: sorted(inner) if name == "topics" else plain(inner) for name, inner in value.values.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def said(path: Path) -> dict[str, Any]:
    """Return everything that a catalogue says, each list by its codes."""
    book, mistakes = read(path)
    assert mistakes == []
    content = {name: plain(getattr(book, name)) for name in vars(book)}
    for name in ("sites", "topics", "questions", "forms", "evaluations", "mentors", "streams"):
        content[name] = {entry.get("code") or entry["slug"]: entry for entry in content[name]}
    return content


@pytest.mark.django_db
@pytest.mark.parametrize("output", ["folder", "one-file.toml"])
def test_export_into_an_empty_database_and_export_again_gives_the_same_bytes(tmp_path, output):
    with transaction.atomic():
        import_catalogue(path=REAL, by=None)
        first = exported(tmp_path / "first" / output)
        transaction.set_rollback(True)
    assert not Stream.objects.exists(), "the database is empty again"

    import_catalogue(path=tmp_path / "first" / output, by=None)
    second = exported(tmp_path / "second" / output)

    assert second == first
    assert sum(map(len, first.values())) > 100_000, "liveness: a whole catalogue"


@pytest.mark.django_db
def test_nothing_that_the_real_catalogue_says_is_lost(tmp_path):
    import_catalogue(path=REAL, by=None)
    exported(tmp_path / "out")

    before, after = said(REAL), said(tmp_path / "out")

    assert after == before
    assert (len(after["streams"]), len(after["mentors"])) == (23, 36), "liveness"


@pytest.mark.django_db(transaction=True)
def test_export_reads_all_of_it_as_of_one_moment(written, tmp_path):
    """Outside a test's own transaction, where the whole export is one."""
    import_catalogue(path=written(), by=None)

    assert b'title = "Estuary"' in exported(tmp_path / "out", "trial")["6-streams.toml"]


@pytest.mark.django_db
def test_importing_an_export_changes_nothing(tmp_path):
    import_catalogue(path=REAL, by=None)
    exported(tmp_path / "out")
    n_audit = AuditEvent.objects.count()

    again = import_catalogue(path=tmp_path / "out", by=None)

    assert {change for _, change in again} == {Change.UNCHANGED}
    assert AuditEvent.objects.count() == n_audit


@pytest.mark.django_db
def test_every_kind_of_date_comes_back(written, tmp_path):
    moved = 'code = "stage2_opens"\nmoved_from = 2026-06-10\nmoved_on = 2026-06-01\nmoved_reason = "Holiday"'
    path = written(
        ('code = "stage2_opens"', moved),
        ("on = 2026-06-25", 'on = 2026-06-25\nuntil = 2026-06-27\nzone = "Europe/London"'),
        ("on = 2026-07-05", 'on = 2026-07-05\nat = "16:30"\nzone = "America/Los_Angeles"'),
    )
    import_catalogue(path=path, by=None)

    exported(tmp_path / "out", "trial")

    assert said(tmp_path / "out")["key_dates"] == said(path)["key_dates"]


@pytest.mark.django_db
def test_a_stream_taken_back_to_draft_and_a_paused_one_come_back(written, tmp_path):
    import_catalogue(path=written(), by=None)
    for state in ('state = "draft"', 'state = "paused"\npause_reason = "The mentor is ill."'):
        import_catalogue(path=written(('state = "published"', state)), by=None)
        first = exported(tmp_path / "out", "trial")
        assert state.partition("\n")[0].encode() in first["6-streams.toml"]

        assert {change for _, change in import_catalogue(path=tmp_path / "out", by=None)} == {Change.UNCHANGED}


@pytest.mark.django_db
def test_topics_come_back_in_any_order_of_making(written, tmp_path):
    import_catalogue(path=written(), by=None)
    late_parent = ResearchArea.objects.create(slug="sea", name="Sea")
    ResearchArea.objects.filter(slug="tides").update(parent=late_parent)
    with transaction.atomic():
        first = exported(tmp_path / "first", "trial")

    assert first["1-cycle.toml"].index(b'slug = "sea"') < first["1-cycle.toml"].index(b'slug = "tides"')


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda: KeyDate.objects.filter(code="general_closes").update(starts_at="2026-06-08T11:00Z"),
         "The key date “general_closes” is at 23:00:00 in AoE, which no catalogue can say"),
        (lambda: KeyDate.objects.filter(code="review_opens").update(ends_at="2026-06-27T15:00Z"),
         "The key date “review_opens” ends in the middle of a day"),
        (lambda: Stream.objects.update(seats_granted=900),
         r"streams\[0\].seats_granted: must be between 0 and 200, not 900"),
    ],
    ids=["time", "end", "limit"],
)  # fmt: skip
def test_what_no_catalogue_can_say_is_named_and_nothing_is_written(written, tmp_path, spoil, reason):
    import_catalogue(path=written(), by=None)
    spoil()

    with pytest.raises(CommandError, match=reason):
        exported(tmp_path / "out", "trial")

    assert not (tmp_path / "out").exists()


@pytest.mark.django_db
def test_unknown_cycle_and_foreign_files_are_refused(written, tmp_path):
    import_catalogue(path=written(), by=None)
    with pytest.raises(CommandError, match=r"There is no cycle “none”\. The database has: trial\."):
        exported(tmp_path / "out", "none")

    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "7-more.toml").write_text("")
    with pytest.raises(CommandError, match=r"also holds 7-more\.toml"):
        exported(tmp_path / "out", "trial")


@given(TEXTS)
@example('a """ b\n"""" c"')
@example('ends with a quote\n"')
@example('back\\slash\nand "quotes"\\')
@example('\n"""\\"""\r\n\t\x01\x7f\u2028')
def test_every_text_is_read_back_as_it_was(text):
    assert tomllib.loads(f"x = {value_text(text)}\n") == {"x": text}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (Decimal("15.00"), "15"),
        (Decimal("12.50"), "12.5"),
        (0.25, "0.25"),
        (date(2026, 6, 7), "2026-06-07"),
        (["a", 'b"'], '["a", "b\\""]'),
    ],
)
def test_other_values_read_as_one_would_write_them(value, text):
    assert value_text(value) == text


def test_what_toml_cannot_say_is_an_error():
    with pytest.raises(TypeError, match="holds no timedelta"):
        value_text(timedelta(1))
