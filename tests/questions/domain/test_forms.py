"""Forms: what spoils answers is found before publication; published versions stay as they are."""

import pytest
from django.db import IntegrityError, transaction

from core.refusals import Refused
from questions.domain.forms import (
    FormText,
    ItemText,
    SectionText,
    add_version,
    publish_version,
    save_form,
    save_question,
)
from questions.domain.rows import Change
from questions.models import Form, FormVersion
from questions.queries import minutes_of, outline
from questions.states import FormState

ONE = (SectionText("one", "One"),)


@pytest.fixture
def bank(db) -> None:
    """Store three questions: a text of 10 minutes, a choice of 2 and a consent of 1."""
    for code, kind, choices, minutes in (
        ("why", "long_text", [], 10),
        ("where", "choice", [{"value": "here", "label": "Here"}, {"value": "there", "label": "There"}], 2),
        ("agree", "consent", [], 1),
        ("lonely", "choice", [{"value": "only", "label": "Only"}], 1),
    ):
        save_question(
            code=code, canonical_meaning=code, kind=kind, text=f"{code}?", help="", choices=choices,
            effort_minutes=minutes, data_class="none", by=None,
        )  # fmt: skip


def form_of(*items: ItemText, sections=ONE) -> FormText:
    return FormText(sections=sections, items=items)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (form_of(ItemText("why", "one")), "“why” needs a limit of words."),
        (form_of(ItemText("agree", "two")), "“agree” stands in the unknown section “two”."),
        (form_of(ItemText("lonely", "one")), "“lonely” needs at least two choices."),
        (form_of(ItemText("agree", "one", visible_if={"question": "where", "in": ["here"]}), ItemText("where", "one")),
         "“agree” depends on “where”, which is not asked before it."),
        (form_of(ItemText("agree", "one"), sections=(*ONE, SectionText("two", "Two"))),
         "Section “two” has no question."),
        (form_of(sections=()), "It asks nothing."),
    ],
    ids=["limit", "section", "choices", "condition", "empty section", "empty"],
)  # fmt: skip
def test_form_that_would_spoil_answers_is_not_published(bank, text, finding):
    with pytest.raises(Refused, match="This form is not ready") as caught:
        save_form(code="trial", title="Trial", text=text, by=None)

    assert finding in str(caught.value)
    assert not Form.objects.exists()


def test_form_with_an_unknown_question_is_refused(bank):
    with pytest.raises(Refused, match="The question bank has no question “nobody”"):
        save_form(code="trial", title="Trial", text=form_of(ItemText("nobody", "one")), by=None)


def test_same_text_twice_is_one_version(bank):
    text = form_of(ItemText("where", "one"), ItemText("why", "one", max_words=50))
    first = save_form(code="trial", title="Trial", text=text, by=None)

    second = save_form(code="trial", title="Trial", text=text, by=None)

    assert (first.change, second.change) == (Change.CREATED, Change.UNCHANGED)
    assert FormVersion.objects.count() == 1


def test_other_text_is_a_new_version_and_the_outline_shows_it(bank):
    save_form(code="trial", title="Trial", text=form_of(ItemText("agree", "one")), by=None)
    text = form_of(ItemText("where", "one"), ItemText("why", "one", max_words=50))

    form = save_form(code="trial", title="Trial", text=text, by=None).row

    asked = outline(form)
    assert [(item.code, item.max_words, item.minutes) for item in asked.items] == [("where", None, 2), ("why", 50, 10)]
    assert (asked.number, asked.minutes, minutes_of([form.pk])) == (2, 12, {form.pk: 12})
    assert list(form.versions.values_list("number", "state")) == [(1, FormState.RETIRED), (2, FormState.PUBLISHED)]


def test_draft_version_is_not_what_people_fill_in(bank):
    form = save_form(code="trial", title="Trial", text=form_of(ItemText("agree", "one")), by=None).row

    draft = add_version(form=form, text=form_of(ItemText("where", "one")), by=None)

    assert [item.code for item in outline(form).items] == ["agree"]
    publish_version(version=draft, by=None)
    assert [item.code for item in outline(form).items] == ["where"]


def test_published_version_cannot_be_published_again(bank):
    form = save_form(code="trial", title="Trial", text=form_of(ItemText("agree", "one")), by=None).row

    with pytest.raises(Refused, match="no longer possible"):
        publish_version(version=form.versions.get(), by=None)


def test_database_refuses_two_published_versions(bank):
    form = save_form(code="trial", title="Trial", text=form_of(ItemText("agree", "one")), by=None).row
    draft = add_version(form=form, text=form_of(ItemText("where", "one")), by=None)

    with pytest.raises(IntegrityError, match="form_one_published_version"), transaction.atomic():
        FormVersion.objects.filter(pk=draft.pk).update(
            state=FormState.PUBLISHED, published_at=form.versions.first().published_at
        )
