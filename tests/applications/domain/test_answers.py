"""Saving of answers: what is stored, what is refused, what a late tab gets."""

from typing import Any

import pytest

from applications.domain.answers import KEPT_VERSIONS, resolve_answer, save_answer
from applications.domain.application import submit_application
from applications.models import Answer, AnswerVersion, Application
from applications.queries.sheets import Asked, general_place, parts
from applications.states import AnswerScope
from core import clock
from core.refusals import Refused, Stale
from questions.models import FormItem
from tests.applications import factories
from tests.worlds import World


def asked(application: Application, code: str) -> Asked:
    place = general_place(application)
    return next(one for part in parts(application, [place])[place] for one in part.items if one.question.code == code)


def save(application: Application, code: str, value: Any, *, version: int | None = None, item: Any = None) -> Answer:
    one = asked(application, code)
    return save_answer(
        application=application,
        item=item or one.item,
        scope=AnswerScope.GENERAL,
        scope_key="",
        value=value,
        version=one.version if version is None else version,
        by=application.person,
    )


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("nul\x00here", "nulhere"),
        ("  spaces stay  ", "  spaces stay  "),
        ("zero\u200bwidth and \u202e stay", "zero\u200bwidth and \u202e stay"),
        ("🙂 é e\u0301", "🙂 é e\u0301"),
        ("", ""),
        ("lone \ud800 half", "lone ? half"),
    ],
)
def test_text_is_stored_as_typed_but_for_line_breaks_and_nul(world: World, typed: str, stored: str) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]):
        answer = save(application, "why", typed)

    assert Answer.objects.get(pk=answer.pk).value == stored


def test_text_over_the_word_limit_is_stored(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]):
        save(application, "why", "word " * 500)

    assert asked(application, "why").words_over == 480


def test_text_over_a_megabyte_is_refused_and_one_of_a_megabyte_is_stored(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]):
        save(application, "why", "é" * (512 * 1024))
        with pytest.raises(Refused, match="longer than a megabyte"):
            save(application, "why", "é" * (512 * 1024) + "x")

    assert asked(application, "why").version == 2


@pytest.mark.parametrize(
    ("code", "value", "reason"),
    [
        ("places", ["moon"], "Choose among the answers"),
        ("consent", "perhaps", "Choose yes or no"),
        ("proof", "no list", "Write each link with why it matters"),
        ("why", ["a"], "not a text"),
    ],
)
def test_value_that_is_no_answer_to_the_question_is_refused(world: World, code: str, value: Any, reason: str) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]), pytest.raises(Refused, match=reason):
        save(application, code, value)


def test_choices_are_stored_in_the_order_of_the_page(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]):
        answer = save(application, "places", ["london", "berkeley"])

    assert answer.value == ["berkeley", "london"]


def test_same_text_twice_is_one_version(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]):
        first = save(application, "why", "same")
        again = save(application, "why", "same", version=0)

    assert (first.version, again.version) == (2, 2)


def test_late_tab_gets_the_newer_answer_and_its_text_is_kept_once(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]):
        save(application, "why", "newer")
        for _ in range(2):
            with pytest.raises(Stale, match="another tab") as late:
                save(application, "why", "late", version=1)

    assert late.value.current.value == "newer"
    kept = AnswerVersion.objects.filter(was_stored=False).values_list("value", "version")
    assert list(kept) == [("late", 2)]


def test_keeping_the_saved_copy_still_keeps_the_other_on_record(world: World) -> None:
    application = factories.draft(world)
    one = asked(application, "why")

    with clock.at(world.moments["open"]):
        kept = resolve_answer(
            application=application,
            item=one.item,
            scope=AnswerScope.GENERAL,
            scope_key="",
            choice="saved",
            mine="my own words",
            version=one.version,
            by=application.person,
        )

    assert kept.value != "my own words"
    assert AnswerVersion.objects.get(was_stored=False).value == "my own words"


def test_only_the_last_saves_are_kept_but_every_late_text(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]):
        save(application, "why", "x0")
        with pytest.raises(Stale):
            save(application, "why", "late", version=1)
        for number in range(1, 2 * KEPT_VERSIONS):
            answer = save(application, "why", f"x{number}")

    stored = answer.versions.filter(was_stored=True)
    assert stored.count() < 2 * KEPT_VERSIONS
    assert stored.filter(value=f"x{2 * KEPT_VERSIONS - 2}").exists()
    assert answer.versions.get(was_stored=False).value == "late"


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        ("before", "Applications open on Tue 12 May 2026"),
        ("closed", "The window closed at Sun 7 June 2026, 23:59 AoE"),
    ],
)
def test_outside_the_window_nothing_is_stored(world: World, moment: str, reason: str) -> None:
    application = factories.draft(world)

    with clock.at(world.moments[moment]), pytest.raises(Refused, match=reason):
        save(application, "why", "too late")


def test_submitted_application_takes_no_answer(world: World) -> None:
    application = factories.draft(world)

    with clock.at(world.moments["open"]):
        submit_application(application=application, by=application.person)
        with pytest.raises(Refused, match="Reopen it"):
            save(application, "why", "after")


def test_question_of_another_form_is_refused(world: World) -> None:
    application = factories.draft(world)
    foreign = FormItem.objects.get(version__form__code="alpha-form")

    with clock.at(world.moments["open"]), pytest.raises(Refused, match="not asked here"):
        save(application, "why", "text", item=foreign)


def test_stream_answer_before_stage_two_is_refused(world: World) -> None:
    application = factories.in_screen(world)
    item = FormItem.objects.get(version__form__code="alpha-form")

    with clock.at(world.moments["stage2"]), pytest.raises(Refused, match="Stage 2 is not open for this application"):
        save_answer(
            application=application,
            item=item,
            scope=AnswerScope.STREAM,
            scope_key="x",
            value="a",
            version=0,
            by=application.person,
        )
