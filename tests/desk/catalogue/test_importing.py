"""The importer: all or nothing, twice is once, and what is stored wins over what would rewrite it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from applications.models import EvaluationDefinition
from core.models import AuditEvent
from mats_portal.desk.catalogue.importing import import_catalogue
from mats_portal.desk.catalogue.reading import Mistakes
from questions.domain.rows import Change
from questions.models import Form, FormVersion, Question
from reviews.models import Criterion, Rubric
from streams.models import Agreement, Cadence, Cycle, KeyDate, Mentor, Stream, Track
from streams.states import SelectionMode, StreamState

REAL = Path(__file__).parents[3] / "catalogue" / "autumn-2026"
TABLES = [
    Agreement,
    Cadence,
    Criterion,
    Cycle,
    EvaluationDefinition,
    Form,
    FormVersion,
    KeyDate,
    Mentor,
    Question,
    Rubric,
    Stream,
    Track,
]


def counts() -> dict[str, int]:
    return {table.__name__: table.objects.count() for table in TABLES}


def test_importing_twice_changes_nothing_the_second_time(db, written):
    path = written()
    import_catalogue(path=path, by=None)
    before, n_audit = counts(), AuditEvent.objects.count()

    again = import_catalogue(path=path, by=None)

    assert {change for _, change in again} == {Change.UNCHANGED}
    assert counts() == before
    assert AuditEvent.objects.count() == n_audit


def test_command_says_that_nothing_changed(db, written, capsys):
    path = written()
    call_command("import_catalogue", str(path))
    assert "streams: 1 created" in capsys.readouterr().out

    call_command("import_catalogue", str(path))

    assert "nothing to change; 24 entries are as the catalogue says." in capsys.readouterr().out


def test_one_changed_line_changes_one_row(db, written):
    import_catalogue(path=written(), by=None)

    changed = import_catalogue(path=written(("minutes = 60", "minutes = 45")), by=None)

    assert {pair for pair in changed if pair[1] is not Change.UNCHANGED} == {("streams", Change.CHANGED)}
    assert Cadence.objects.get().minutes == 45


def test_deadline_at_the_end_of_a_day_anywhere_on_earth_is_noon_utc_of_the_next(db, written):
    import_catalogue(path=written(), by=None)

    assert KeyDate.objects.get(code="general_closes").starts_at == datetime(2026, 6, 8, 12, tzinfo=UTC)


def test_changed_form_is_a_new_version_and_the_old_one_stays(db, written):
    import_catalogue(path=written(), by=None)

    import_catalogue(path=written(("max_words = 300", "max_words = 250")), by=None)

    versions = FormVersion.objects.filter(form__code="idea").order_by("number").values_list("number", "state")
    assert list(versions) == [(1, "retired"), (2, "published")]


def test_stream_walks_between_its_states(db, written):
    import_catalogue(path=written(), by=None)
    paused = ('state = "published"', 'state = "paused"\npause_reason = "The mentor is ill."')

    import_catalogue(path=written(paused), by=None)
    assert Stream.objects.get().state == StreamState.PAUSED
    import_catalogue(path=written(), by=None)

    stream = Stream.objects.get()
    assert (stream.state, stream.pause_reason) == (StreamState.PUBLISHED, "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("You keep the tide", "You sell the tide"), "may have signed it"),
        (('name = "Idea"\nweight = 100', 'name = "Ideas"\nweight = 100'), "Give the new content a new version number"),
        (("Sketch a tide.", "Sketch two tides."), "Give the new content a new version number"),
    ],
    ids=["agreement", "rubric", "evaluation"],
)
def test_version_that_people_rely_on_cannot_be_rewritten_and_nothing_else_is_imported(db, written, change, reason):
    import_catalogue(path=written(), by=None)
    with_another_change = ('summary = "Work on tides."', 'summary = "Other work."')

    with pytest.raises(Mistakes) as caught:
        import_catalogue(path=written(change, with_another_change), by=None)

    assert reason in str(caught.value.found[0])
    assert caught.value.found[0].place.file == "trial.toml"
    assert Track.objects.get().summary == "Work on tides."


def test_agreement_cannot_be_changed_even_past_the_domain(db, written):
    import_catalogue(path=written(), by=None)

    with pytest.raises(Exception, match="Cannot update rows from streams_agreement"):
        Agreement.objects.update(body="Other words")


def test_file_with_a_mistake_imports_nothing(db, written):
    with pytest.raises(CommandError, match=r"1 mistake; nothing was imported\.\n  trial\.toml: streams\[0\]\.cadences"):
        call_command("import_catalogue", str(written(("minutes = 60", "minutes = 3"))))

    assert set(counts().values()) == {0}


def test_failure_half_way_leaves_nothing_behind(db, written, monkeypatch):
    """The last thing written fails; everything before it must go too."""
    from streams.domain import streams  # noqa: PLC0415 -- the function is replaced where the importer finds it

    def fails(**_):
        raise RuntimeError("power cut")

    monkeypatch.setattr(streams, "bring_to_state", fails)

    with pytest.raises(RuntimeError, match="power cut"):
        import_catalogue(path=written(), by=None)

    assert set(counts().values()) == {0}


@pytest.mark.requirement(1, 17)
def test_the_real_catalogue_has_what_the_programme_says(db):
    import_catalogue(path=REAL, by=None)

    again = import_catalogue(path=REAL, by=None)

    assert {change for _, change in again} == {Change.UNCHANGED}
    assert (Track.objects.count(), Stream.objects.count(), Mentor.objects.count()) == (7, 23, 36)
    modes = list(Stream.objects.exclude(state=StreamState.DRAFT).values_list("selection_mode", flat=True))
    assert {mode: modes.count(mode) >= 2 for mode in SelectionMode.values} == dict.fromkeys(SelectionMode.values, True)
    assert Stream.objects.get(is_coalition=True).mentors.count() == 12
    assert set(Agreement.objects.values_list("stream__slug", "version")) == {
        ("ai-native-bio-safeguards", 1),
        ("ai-native-bio-safeguards", 2),
        ("confidential-evaluation-enclaves", 1),
    }
    states = list(Stream.objects.values_list("state", flat=True))
    assert (states.count(StreamState.PAUSED), states.count(StreamState.DRAFT)) == (1, 1)
    assert Cycle.objects.get().n_weeks == 10
