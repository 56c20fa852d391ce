"""Move applications that have begun to a newer version of a form, such that each person sees it."""

from typing import Any

from django.db import transaction

from applications.models import Application, EvaluationAssignment, FormUse, StreamApplication
from applications.states import AnswerScope, ApplicationState, EvaluationState, StreamApplicationState
from core import audit, clock
from core.transitions import locked
from questions.models import Form, FormVersion
from questions.states import FormState


@transaction.atomic
def move_drafts(*, form: Form, by: Any) -> int:
    """Move what is still a draft to the version in force; what was handed in stays as it was. Returns how many.

    Answers are bound to questions, not to versions: those that both ask stay, the others are kept and not sent.
    """
    form = locked(form)
    target = form.versions.filter(state=FormState.PUBLISHED).first()
    if target is None:
        return 0
    moved = 0
    for use in FormUse.objects.filter(version__form=form).exclude(version=target).order_by("pk"):
        use = locked(use)
        if _is_draft(use):
            _move(use, target)
            moved += 1
    audit.record("move_drafts", target, by=by, n=moved)
    return moved


def _move(use: FormUse, target: FormVersion) -> None:
    use.moved_from, use.moved_at, use.version = use.version, clock.now(), target
    use.save(update_fields=["moved_from", "moved_at", "version"])


def _is_draft(use: FormUse) -> bool:
    if use.scope in {AnswerScope.GENERAL, AnswerScope.TRACK}:
        return Application.objects.filter(
            pk=use.application_id, internal_state=ApplicationState.DRAFT, submitted_at__isnull=True
        ).exists()
    if use.scope == AnswerScope.STREAM:
        return StreamApplication.objects.filter(
            public_id=use.scope_key, internal_state=StreamApplicationState.DRAFT, submitted_at__isnull=True
        ).exists()
    return EvaluationAssignment.objects.filter(public_id=use.scope_key, state=EvaluationState.ASSIGNED).exists()
