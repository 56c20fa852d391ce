"""Drafts of a form: copied from a version, changed by staff, thrown away or published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from core import audit
from core.refusals import Refused
from core.transitions import locked
from questions.domain.forms import FormText, ItemText, SectionText, add_version
from questions.models import Form, FormVersion
from questions.states import FormState


@dataclass(frozen=True)
class ItemChange:
    """What staff say of one question of a draft; ``order`` sorts, and need not be without gaps."""

    question: str
    section: str
    order: int
    required: bool
    max_words: int | None
    wording: str


@transaction.atomic
def start_draft(*, form: Form, by: Any) -> FormVersion:
    """Return the form's draft, a copy of the version in force if there is none yet."""
    form = locked(form)
    present = form.versions.filter(state=FormState.DRAFT).order_by("-number").first()
    if present:
        return present
    source = form.versions.filter(state=FormState.PUBLISHED).first() or form.versions.order_by("-number").first()
    if source is None:
        raise Refused("This form has no version to begin from. Import it from the catalogue.")
    return add_version(form=form, text=text_of(source), by=by)


@transaction.atomic
def change_draft(
    *, version: FormVersion, sections: Sequence[SectionText], items: Sequence[ItemChange], by: Any
) -> FormVersion:
    """Make a draft hold these sections and questions; what is not named is taken out.

    Raises ``Refused`` for a version that is no draft: what people fill in never changes under them.
    """
    locked(version.form)
    version = locked(version)
    _check_is_draft(version)
    conditions = dict(version.items.values_list("question__code", "visible_if"))
    ordered = sorted(items, key=lambda item: item.order)
    text = FormText(
        sections=sections,
        items=[
            ItemText(
                item.question,
                item.section,
                item.required,
                item.max_words,
                item.wording,
                conditions.get(item.question),
            )
            for item in ordered
        ],
    )
    number, form = version.number, version.form
    version.delete()
    changed = add_version(form=form, text=text, by=by)
    if changed.number != number:
        changed.number = number
        changed.save(update_fields=["number"])
    audit.record("change_draft", changed, by=by, n=len(items))
    return changed


@transaction.atomic
def discard_draft(*, version: FormVersion, by: Any) -> None:
    """Throw a draft away. Raises ``Refused`` for a version that was ever published."""
    version = locked(version)
    _check_is_draft(version)
    audit.record("discard_draft", version.form, by=by, number=version.number)
    version.delete()


def text_of(version: FormVersion) -> FormText:
    """Return a stored version as text from which another can be made."""
    items = version.items.select_related("question").order_by("order")
    return FormText(
        sections=[SectionText(part["code"], part["title"], part.get("intro", "")) for part in version.sections],
        items=[ItemText(i.question.code, i.section, i.required, i.max_words, i.wording, i.visible_if) for i in items],
    )


def _check_is_draft(version: FormVersion) -> None:
    if version.state != FormState.DRAFT:
        raise Refused("This version was published and never changes. Make a draft to change something.")
