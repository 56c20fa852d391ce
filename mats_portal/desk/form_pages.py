"""Read models and the edit form of the pages about forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Count, Sum

from applications.models import FormUse
from applications.queries.fields import AnswerField, field_of
from applications.queries.form_changes import uses_of
from applications.queries.sheets import Asked
from mats_portal.desk.personas import Persona
from mats_portal.desk.self_test import filled
from questions.domain.drafts import ItemChange
from questions.domain.forms import SectionText
from questions.models import Form, FormItem, FormVersion, Question
from questions.queries import forms_visible_to
from questions.states import DataClass, FormState, QuestionKind


@dataclass(frozen=True)
class FormRow:
    """One line of the list of forms."""

    public_id: str
    title: str
    code: str
    in_force: int | None
    draft: int | None
    n_questions: int
    minutes: int
    n_used: int


def form_rows(user: Any) -> list[FormRow]:
    """Return all forms with the version in force, in four queries."""
    rows = list(forms_visible_to(user).order_by("title"))
    versions = FormVersion.objects.filter(form__in=rows).annotate(
        n=Count("items"), minutes=Sum("items__question__effort_minutes")
    )
    by_form: dict[int, dict[str, FormVersion]] = {}
    for version in versions.order_by("number"):
        by_form.setdefault(version.form_id, {})[version.state] = version
    used = dict(FormUse.objects.values_list("version__form").annotate(n=Count("pk")).order_by())
    return [_form_row(row, by_form.get(row.pk, {}), used.get(row.pk, 0)) for row in rows]


def _form_row(row: Form, versions: dict[str, FormVersion], n_used: int) -> FormRow:
    current, draft = versions.get(FormState.PUBLISHED), versions.get(FormState.DRAFT)
    return FormRow(
        row.public_id,
        row.title,
        row.code,
        current.number if current else None,
        draft.number if draft else None,
        getattr(current, "n", 0),
        getattr(current, "minutes", 0) or 0,
        n_used,
    )


@dataclass(frozen=True)
class VersionRow:
    """One version of a form."""

    number: int
    state: str
    kind: str
    n_questions: int
    minutes: int
    published_at: datetime | None
    n_used: int


KINDS = {FormState.DRAFT: "move", FormState.PUBLISHED: "done", FormState.RETIRED: "none"}


def version_rows(form: Form) -> list[VersionRow]:
    """Return the versions of a form, newest first."""
    versions = list(
        form.versions.annotate(n=Count("items"), minutes=Sum("items__question__effort_minutes")).order_by("-number")
    )
    used = uses_of(versions)
    return [
        VersionRow(
            row.number,
            row.get_state_display(),
            KINDS[FormState(row.state)],
            getattr(row, "n", 0),
            getattr(row, "minutes", 0) or 0,
            row.published_at,
            used.get(row.pk, 0),
        )
        for row in versions
    ]


@dataclass(frozen=True)
class PreviewSection:
    """One section of a form as one made-up person sees it."""

    title: str
    intro: str
    fields: tuple[AnswerField, ...]
    not_asked: tuple[str, ...]


def preview(version: FormVersion, person: Persona) -> list[PreviewSection]:
    """Return a version filled in by ``person``, with what they are not asked."""
    asked = filled(items_of(version), person)
    on_page = {one.question.code: one for one in asked}
    return [
        PreviewSection(
            section["title"],
            section.get("intro", ""),
            tuple(field_of(one, on_page=on_page, shows_problem=True) for one in asked if _is_here(one, section, True)),
            tuple(one.item.text for one in asked if _is_here(one, section, False)),
        )
        for section in version.sections
    ]


def _is_here(asked: Asked, section: dict[str, Any], applies: bool) -> bool:
    return asked.item.section == section["code"] and asked.applies is applies


def items_of(version: FormVersion) -> list[FormItem]:
    """Return the questions of a version in order."""
    return list(version.items.select_related("question", "version").order_by("order"))


@dataclass(frozen=True)
class ItemLine:
    """One question on the page of a version."""

    number: int
    code: str
    kind: str
    data_class: str
    text: str
    minutes: int
    section: str
    required: bool
    max_words: int | None
    condition: str


def item_lines(version: FormVersion) -> list[ItemLine]:
    """Return the questions of a version for reading."""
    titles = {section["code"]: section["title"] for section in version.sections}
    return [
        ItemLine(
            item.order,
            item.question.code,
            str(QuestionKind(item.question.kind).label),
            str(DataClass(item.question.data_class).label),
            item.text,
            item.question.effort_minutes,
            titles.get(item.section, item.section),
            item.required,
            item.max_words,
            f"{item.visible_if['question']} is {' or '.join(map(str, item.visible_if['in']))}"
            if item.visible_if
            else "",
        )
        for item in items_of(version)
    ]


class DraftForm(forms.Form):
    """The editable parts of a draft: titles of sections, and order, place, wording and limits of each question."""

    def __init__(self, *args: Any, version: FormVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version, self.items = version, items_of(version)
        self.codes = [(section["code"], section["title"]) for section in version.sections]
        for section in version.sections:
            code = section["code"]
            self.fields[f"title-{code}"] = forms.CharField(label="Heading", max_length=100, initial=section["title"])
            self.fields[f"intro-{code}"] = forms.CharField(
                label="Line below the heading", max_length=500, required=False, initial=section.get("intro", "")
            )
        for item in self.items:
            self._add_item(item)
        asked = [item.question_id for item in self.items]
        free = Question.objects.exclude(pk__in=asked).order_by("code").values_list("code", "text")
        self.fields["add"] = forms.ChoiceField(
            label="Add a question of the bank",
            required=False,
            choices=[("", "None"), *((code, f"{code}: {text[:70]}") for code, text in free)],
        )

    def _add_item(self, item: FormItem) -> None:
        key = str(item.question.code)
        self.fields[f"order-{key}"] = forms.IntegerField(
            label="Position", min_value=1, max_value=999, initial=item.order
        )
        self.fields[f"section-{key}"] = forms.ChoiceField(label="Section", choices=self.codes, initial=item.section)
        self.fields[f"wording-{key}"] = forms.CharField(
            label="Wording",
            max_length=1000,
            required=False,
            initial=item.text,
            widget=forms.Textarea(attrs={"rows": 2, "class": "is-short"}),
            help_text="Empty takes the wording of the bank. The meaning must stay the same.",
        )
        self.fields[f"words-{key}"] = forms.IntegerField(
            label="Most words", min_value=1, max_value=5000, required=False, initial=item.max_words
        )
        self.fields[f"required-{key}"] = forms.BooleanField(label="Needed", required=False, initial=item.required)
        self.fields[f"remove-{key}"] = forms.BooleanField(label="Take out", required=False)

    def rows(self) -> list[dict[str, Any]]:
        """Return each question with its bound fields."""
        names = ("order", "section", "wording", "words", "required", "remove")
        return [
            {"item": item, "kind": QuestionKind(item.question.kind).label}
            | {"boxes": [self[f"{name}-{item.question.code}"] for name in names]}
            for item in self.items
        ]

    def headings(self) -> list[list[Any]]:
        """Return the bound fields of each section."""
        return [[self[f"title-{code}"], self[f"intro-{code}"]] for code, _ in self.codes]

    def sections(self) -> list[SectionText]:
        """Return the sections as they were typed."""
        typed = self.cleaned_data
        return [SectionText(code, typed[f"title-{code}"], typed[f"intro-{code}"]) for code, _ in self.codes]

    def changes(self) -> Sequence[ItemChange]:
        """Return the questions that stay, and the one to add at the end."""
        typed, kept = self.cleaned_data, []
        for item in self.items:
            key = item.question.code
            if typed[f"remove-{key}"]:
                continue
            wording = typed[f"wording-{key}"].replace("\r\n", "\n")
            kept.append(
                ItemChange(
                    key,
                    typed[f"section-{key}"],
                    typed[f"order-{key}"],
                    typed[f"required-{key}"],
                    typed[f"words-{key}"],
                    "" if wording == item.question.text else wording,
                )
            )
        if typed["add"]:
            last = self.codes[-1][0] if self.codes else ""
            kept.append(ItemChange(typed["add"], last, 1000, False, None, ""))
        return kept


def begun_before(form: Form) -> int:
    """Return how many applications have begun with an earlier version."""
    return FormUse.objects.filter(version__form=form).count()
