"""Every mistake is found before anything is written, and named with file, key path and reason."""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from core.models import AuditEvent
from mats_portal.desk.catalogue.checking import check
from mats_portal.desk.catalogue.importing import import_catalogue
from mats_portal.desk.catalogue.reading import read


def mistakes_in(path: Path) -> list[str]:
    book, mistakes = read(path)
    return [str(mistake) for mistake in [*mistakes, *check(book, mistakes)]]


def test_control_the_small_catalogue_has_no_mistakes(written):
    assert mistakes_in(written()) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("minutes = 60", "minutes = 3", "streams[0].cadences[0].minutes: must be between 5 and 480, not 3"),
        ("minutes = 60", 'minutes = "60"', "streams[0].cadences[0].minutes: must be a whole number, not text"),
        ('frequency = "weekly"\n', "", "streams[0].cadences[0].frequency: is missing"),
        ('name = "Tides"', 'name = "Tides"\ncolour = "blue"', "topics[0].colour: unknown key"),
        ("[[sites]]", "[[places]]", "places: unknown key"),
        ('slug = "harbour"', 'slug = "Har bour"',
         "sites[0].slug: “Har bour” must be lower-case letters, digits, hyphens and underscores"),
        ('timezone = "Europe/London"\n\n[[topics]]', 'timezone = "Europe/Atlantis"\n\n[[topics]]',
         "sites[0].timezone: 'Europe/Atlantis' is neither AoE nor a time zone such as Europe/London"),
        ("programme_ends_on = 2026-12-04", "programme_ends_on = 2026-09-01",
         "cycle.programme_ends_on: must be later than programme_starts_on"),
        ("programme_ends_on = 2026-12-04", 'programme_ends_on = "4 December"',
         "cycle.programme_ends_on: must be a date such as 2026-06-07, not text"),
        ('at = "end of day"', 'at = "midnight"',
         "key_dates[1].at: “midnight” must be a time such as “16:00” or “end of day”"),
        ("on = 2026-06-07", "on = 2026-05-01", "key_dates[1].on: must be later than “general_opens”"),
        ("on = 2026-06-12", "on = 2026-06-12\nmoved_from = 2026-06-10",
         "key_dates[2].moved_from: a moved date also says moved_on and moved_reason"),
        ('code = "stage2_opens"', 'code = "general_opens"',
         "key_dates[2].code: “general_opens” is already used at key_dates[0] in trial.toml"),
        ('choices = [{ value = "here", label = "Here" }, { value = "there", label = "There" }]',
         'choices = [{ value = "here", label = "Here" }]', "questions[1].choices: needs at least two choices"),
        ("max_words = 100, ", "", "forms[0].items[1].max_words: is missing: a text needs a limit"),
        ('question = "where", in', 'question = "why", in',
         "forms[0].items[1].show_if.question: must be asked earlier in this form"),
        ('{ section = "all", question = "where" }', '{ section = "all", question = "whence" }',
         "forms[0].items[0].question: there is no question “whence”"),
        ("weight = 100", "weight = 90",
         "tracks[0].rubric.criteria: the weights add up to 90, not to 100 (the best of a group counts once)"),
        ('questions = ["why"]', 'questions = ["project_idea"]',
         "tracks[0].rubric.criteria[0].questions: “project_idea” is not asked in the forms of this rubric"),
        ('questions = ["why"]', "questions = []",
         "tracks[0].rubric.criteria[0].questions: names no question as its evidence"),
        ('name = "Trial"\n', 'name = "Trial"\nconcern_reply_days = 2\n',
         "cycle.concern_reply_days: must be between 3 and 60, not 2"),
        ('name = "Trial"\n', 'name = "Trial"\nconcern_appeal_days = 7.5\n',
         "cycle.concern_appeal_days: must be a whole number, not a number"),
        ('name = "Trial"\n', 'name = "Trial"\nconcern_decision_days = 0\n',
         "cycle.concern_decision_days: must be between 1 and 60, not 0"),
        ('name = "Trial"\n', 'name = "Trial"\nconcern_reminder_days = [3, 1, 3]\n',
         "cycle.concern_reminder_days: names something twice"),
        ('name = "Trial"\n', 'name = "Trial"\nconcern_reminder_days = [3, "1"]\n',
         "cycle.concern_reminder_days: must be a whole number, not text"),
        ('name = "Trial"\n', 'name = "Trial"\nconcern_reminder_days = [7]\n',
         ("cycle.concern_reminder_days: a reminder has to come later than the question: fewer days before the date "
          "than the 7 of concern_reply_days")),
        ('title = "Tidal"\n', 'title = "Tidal"\nscale_min = 5\n',
         "tracks[0].rubric.scale_max: must be above scale_min, which is 5"),
        ('3 = "middle", 5 = "high" }', '3 = "middle" }',
         "tracks[0].rubric.criteria[0].anchors.5: is missing: a level is described or lies between two that are"),
        ('5 = "high" }', '5 = "high", 7 = "more" }',
         "tracks[0].rubric.criteria[0].anchors.7: is not on the scale, which goes from 1 to 5"),
        ('questions = ["why"]', 'questions = ["why"]\narea = "north"',
         ("tracks[0].rubric.criteria[0].area: must be an area of a stream that this rubric is about; "
          "“stream” says of which")),
        ('questions = ["why"]', 'questions = ["why"]\ngroup_rule = "any_of"',
         "tracks[0].rubric.criteria[0].group: is missing: the best of which criteria counts?"),
        ('opens = "general_opens"', 'opens = "general_open"',
         "tracks[0].steps[0].opens: there is no key date “general_open”"),
        ('tracks = ["tidal"]\ntopics', 'tracks = ["lunar"]\ntopics', "streams[0].tracks: there is no track “lunar”"),
        ('tracks = ["tidal"], because', 'tracks = ["lunar"], because',
         "finder[0].options[0].tracks: there is no track “lunar”"),
        ('value = "land"', 'value = "open"',
         "finder[0].options[1].value: “open” is the answer that every question has; choose another word"),
        (', because = "you like the sea"', "",
         "finder[0].options[0].because: say why this answer speaks for these tracks"),
        ('value = "land"', 'value = "sea"',
         "finder[0].options[1].value: “sea” is already used at finder[0].options[0] in trial.toml"),
        ('role = "lead"', 'role = "mentor"', "streams[0].mentors: one of the mentors must have the role lead"),
        ("seats_granted = 1", "seats_granted = 0",
         "streams[0].seats_granted: must be at least 1 before a stream is published"),
        ('state = "published"', 'state = "paused"',
         "streams[0].pause_reason: is missing: people are told why a stream is paused"),
        ('form = "idea"\nselection', 'form = "general"\nselection',
         "streams[0].form: must ask “project_idea”: in this stream the fellow proposes the project"),
        ('selection_mode = "fellow_proposes"', 'selection_mode = "joint_selection"',
         "streams[0].form: asks “project_idea”, which only streams do where the fellow proposes the project"),
        ('selection_mode = "fellow_proposes"', 'selection_mode = "fellow_proposes"\nin_person = "required"',
         "streams[0].site: is missing: this stream is in person"),
    ],
)  # fmt: skip
def test_mistake_is_named_with_place_and_reason(written, old, new, expected):
    assert f"trial.toml: {expected}" in mistakes_in(written((old, new)))


def test_all_mistakes_of_a_file_are_reported_at_once(written):
    path = written(
        ("minutes = 60", "minutes = 3"),
        ("weight = 100", "weight = 90"),
        ('name = "Tides"', 'nom = "Tides"'),
        ("programme_ends_on = 2026-12-04", "programme_ends_on = 2026-09-01"),
    )

    assert mistakes_in(path) == [
        "trial.toml: topics[0].nom: unknown key",
        "trial.toml: topics[0].name: is missing",
        "trial.toml: streams[0].cadences[0].minutes: must be between 5 and 480, not 3",
        "trial.toml: cycle.programme_ends_on: must be later than programme_starts_on",
        "trial.toml: tracks[0].rubric.criteria: the weights add up to 90, not to 100 (the best of a group counts once)",
    ]


def test_key_date_that_the_phases_need_is_missed(written):
    path = written(('code = "programme_ends"', 'code = "the_end"'))

    assert mistakes_in(path) == ["catalogue: key_dates: “programme_ends” is missing"]


def test_text_that_is_no_toml_is_one_mistake_with_its_line(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("[cycle\n")

    assert mistakes_in(path)[0] == (
        "broken.toml: is not readable TOML: Expected ']' at the end of a table declaration (at line 1, column 7)"
    )


def test_missing_file_and_empty_folder_are_mistakes(tmp_path):
    assert mistakes_in(tmp_path / "none.toml")[0] == "none.toml: cannot be read: No such file or directory"
    assert mistakes_in(tmp_path)[0].endswith("this folder holds no .toml file")


def test_folder_is_read_as_one_catalogue_and_places_name_the_file(written, tmp_path):
    written(("minutes = 60", "minutes = 3"))
    (tmp_path / "second.toml").write_text('[[topics]]\nslug = "tides"\nname = "Again"\n')

    assert mistakes_in(tmp_path) == [
        "trial.toml: streams[0].cadences[0].minutes: must be between 5 and 480, not 3",
        "trial.toml: topics[0].slug: “tides” is already used at topics[0] in second.toml",
    ]


TEN = {
    ('zone = "UTC"', 'zone = "Mars/Olympus"'):
        "key_dates[0].zone: 'Mars/Olympus' is neither AoE nor a time zone such as Europe/London",
    ('name = "Tides"', 'nom = "Tides"\nname = "Tides"'): "topics[0].nom: unknown key",
    ('meaning = "Motivation"\n', ""): "questions[0].meaning: is missing",
    ('kind = "choice"', 'kind = "chance"'):
        "questions[1].kind: “chance” is none of short_text, long_text, choice, multi_choice, one_or_more, "
        "yes_no, number, date, links, consent, skill, availability, acknowledgement, file",
    ("minutes = 60", "minutes = 3"): "streams[0].cadences[0].minutes: must be between 5 and 480, not 3",
    ("seats_asked = 2", 'seats_asked = "two"'): "streams[0].seats_asked: must be a whole number, not text",
    ("programme_ends_on = 2026-12-04", "programme_ends_on = 2026-09-01"):
        "cycle.programme_ends_on: must be later than programme_starts_on",
    ("on = 2026-07-05", "on = 2026-06-20"): "key_dates[5].on: must be later than “review_opens”",
    ("weight = 100", "weight = 90"):
        "tracks[0].rubric.criteria: the weights add up to 90, not to 100 (the best of a group counts once)",
    ('tracks = ["tidal"]\ntitle', 'tracks = ["lunar"]\ntitle'): "evaluations[0].tracks: there is no track “lunar”",
}  # fmt: skip


def everything() -> dict[str, list]:
    """Return every row of every table."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models(include_auto_created=True)
    }


@pytest.mark.django_db
def test_ten_different_mistakes_in_one_file_are_ten_messages_and_nothing_is_changed(written):
    import_catalogue(path=written(), by=None)
    before = everything()

    with pytest.raises(CommandError) as caught:
        call_command("import_catalogue", str(written(("Why?", "Why ever?"), *TEN)))

    head, *lines = str(caught.value).splitlines()
    assert head == "10 mistakes; nothing was imported."
    assert sorted(lines) == sorted(f"  trial.toml: {reason}" for reason in TEN.values())
    assert everything() == before
    assert sum(map(len, before.values())) > 100, "liveness: there was something to change"


@pytest.mark.django_db
def test_control_the_same_file_without_its_mistakes_changes_something(written):
    import_catalogue(path=written(), by=None)
    before, n_audit = everything(), AuditEvent.objects.count()

    import_catalogue(path=written(("Why?", "Why ever?")), by=None)

    assert everything() != before
    assert AuditEvent.objects.count() == n_audit + 1
