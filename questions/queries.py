"""What a form asks, in the shape in which pages show it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet

from accounts.queries import is_staff
from core.editions import kept
from questions.models import Form, FormItem, FormVersion
from questions.states import FormState


def forms_visible_to(user: Any) -> QuerySet[Form]:
    """Return the forms whose versions ``user`` may look at and change: all of them for staff."""
    return Form.objects.all() if user.is_authenticated and is_staff(user) else Form.objects.none()


@dataclass(frozen=True)
class ItemOutline:
    """One question as a form asks it."""

    code: str
    meaning: str
    kind: str
    text: str
    help: str
    choices: tuple[tuple[str, str], ...]
    at_least: int
    at_most: int | None
    minutes: int
    data_class: str
    required: bool
    max_words: int | None
    visible_if: dict[str, Any] | None


@dataclass(frozen=True)
class SectionOutline:
    """A part of a form with its questions, in order."""

    code: str
    title: str
    intro: str
    items: tuple[ItemOutline, ...]

    @property
    def minutes(self) -> int:
        """The declared effort of the section."""
        return sum(item.minutes for item in self.items)


@dataclass(frozen=True)
class FormOutline:
    """A published form with everything it asks."""

    code: str
    title: str
    version_id: int
    number: int
    sections: tuple[SectionOutline, ...]

    @property
    def items(self) -> tuple[ItemOutline, ...]:
        """All questions of the form, in order."""
        return tuple(item for section in self.sections for item in section.items)

    @property
    def minutes(self) -> int:
        """The declared effort of the whole form."""
        return sum(section.minutes for section in self.sections)


@dataclass(frozen=True)
class PublishedForm:
    """What a form asks now, as rows. Everybody in this process shares them: read, never change them."""

    version: FormVersion
    items: tuple[FormItem, ...]


def published(forms: Iterable[int]) -> Mapping[int, PublishedForm]:
    """Return the published version of each form with its questions, by primary key of the form."""
    return _published(tuple(sorted(set(forms))))


@kept
def _published(forms: tuple[int, ...]) -> Mapping[int, PublishedForm]:
    versions = list(FormVersion.objects.filter(form__in=forms, state=FormState.PUBLISHED).select_related("form"))
    by_version: dict[int, list[FormItem]] = {version.pk: [] for version in versions}
    for item in FormItem.objects.filter(version__in=by_version).select_related("question", "version").order_by("order"):
        by_version[item.version_id].append(item)
    found = {version.form_id: PublishedForm(version, tuple(by_version[version.pk])) for version in versions}
    return MappingProxyType(found)


def of_versions(versions: Iterable[int]) -> Mapping[int, PublishedForm]:
    """Return versions with their questions, in force or retired, by primary key of the version."""
    wanted = tuple(sorted(set(versions)))
    return _of_versions(wanted) if wanted else {}


@kept
def _of_versions(versions: tuple[int, ...]) -> Mapping[int, PublishedForm]:
    rows = {row.pk: row for row in FormVersion.objects.filter(pk__in=versions).select_related("form")}
    items: dict[int, list[FormItem]] = {pk: [] for pk in rows}
    for item in FormItem.objects.filter(version__in=rows).select_related("question", "version").order_by("order"):
        items[item.version_id].append(item)
    return MappingProxyType({pk: PublishedForm(row, tuple(items[pk])) for pk, row in rows.items()})


def outlines(forms: Iterable[int]) -> dict[int, FormOutline]:
    """Return the published version of each form (by primary key of the form)."""
    return {pk: _outline(form.version, form.items) for pk, form in published(forms).items()}


def outline(form: Form) -> FormOutline | None:
    """Return what ``form`` asks now, or ``None`` if no version is published."""
    return outlines([form.pk]).get(form.pk)


def version_outline(version: FormVersion) -> FormOutline:
    """Return what one version asks, published or not: for previews and for answers given to an older version."""
    return _outline(version, version.items.select_related("question").order_by("order"))


def minutes_of(forms: Iterable[int]) -> dict[int, int]:
    """Return the declared effort of each form's published version."""
    return {
        pk: sum(item.question.effort_minutes for item in form.items)
        for pk, form in published(forms).items()
        if form.items
    }


def _outline(version: FormVersion, items: Iterable[FormItem]) -> FormOutline:
    asked = [(item.section, _item(item)) for item in items]
    return FormOutline(
        code=version.form.code,
        title=version.form.title,
        version_id=version.pk,
        number=version.number,
        sections=tuple(
            SectionOutline(
                section["code"],
                section["title"],
                section["intro"],
                tuple(item for place, item in asked if place == section["code"]),
            )
            for section in version.sections
        ),
    )


def _item(item: FormItem) -> ItemOutline:
    question = item.question
    return ItemOutline(
        code=question.code,
        meaning=question.canonical_meaning,
        kind=question.kind,
        text=item.text,
        help=question.help,
        choices=tuple((choice["value"], choice["label"]) for choice in question.choices),
        at_least=question.at_least,
        at_most=question.at_most,
        minutes=question.effort_minutes,
        data_class=question.data_class,
        required=item.required,
        max_words=item.max_words,
        visible_if=item.visible_if,
    )
