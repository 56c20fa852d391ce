"""Keep what applicants type: every save carries the version it was typed over, and nothing typed is lost."""

from typing import Any

from django.db import transaction

from applications.domain.guards import (
    check_general_window,
    check_in_stage2,
    check_is_draft,
    check_stage2_window,
    check_task_is_open,
    check_task_window,
)
from applications.domain.values import joined, tidy_value
from applications.models import Answer, AnswerVersion, Application, FormUse
from applications.queries.snapshots import stored_answer
from applications.states import AnswerScope, StreamApplicationState
from core import clock
from core.refusals import Refused, Stale
from core.transitions import locked
from questions.models import FormItem
from questions.states import FormState, QuestionKind

#: Earlier texts kept of one answer; texts of tabs that came too late are kept besides, all of them.
KEPT_VERSIONS = 20
CHANGED_ELSEWHERE = "This answer changed in another tab. Both texts are kept: choose one, or keep both."


def save_answer(
    *, application: Application, item: FormItem, scope: str, scope_key: str, value: Any, version: int, by: Any
) -> Answer:
    """Store an answer that was typed over ``version`` (0: over none); asking twice with the same text changes nothing.

    Raises ``Stale`` if the stored answer is a newer one: ``current`` holds it, and the text that came too late is kept
    among the earlier versions. Raises ``Refused`` if the form is closed or the value no answer to this question.
    """
    value = tidy_value(item.question, value)
    answer, is_late = _store(application, item, scope, scope_key, value, version)
    if is_late:
        # Outside the transaction: the late text must survive this exception.
        raise Stale(CHANGED_ELSEWHERE, answer)
    return answer


def resolve_answer(
    *,
    application: Application,
    item: FormItem,
    scope: str,
    scope_key: str,
    choice: str,
    mine: Any,
    version: int,
    by: Any,
) -> Answer:
    """Settle two copies of an answer as the person chose: ``saved``, ``mine`` or ``both``; each text stays on record.

    ``version`` is that of the saved copy the person was looking at. Raises ``Stale`` if it changed again meanwhile.
    """
    saved = stored_answer(application, scope, scope_key, item.question_id)
    if saved is None:
        return save_answer(
            application=application, item=item, scope=scope, scope_key=scope_key, value=mine, version=0, by=by
        )
    mine = tidy_value(item.question, mine)
    if choice == "saved":
        check_may_write(application, scope, scope_key)
        _keep_late(saved, mine)
        return saved
    value = mine if choice == "mine" else joined(item.question, saved.value, mine)
    return save_answer(
        application=application, item=item, scope=scope, scope_key=scope_key, value=value, version=version, by=by
    )


@transaction.atomic
def _store(
    application: Application, item: FormItem, scope: str, scope_key: str, value: Any, version: int
) -> tuple[Answer, bool]:
    # One application's saves stand in line: two tabs cannot both be the first to answer a question.
    application = locked(application, "cycle")
    check_may_write(application, scope, scope_key)
    check_belongs(application, item, scope, scope_key)
    stored = stored_answer(application, scope, scope_key, item.question_id)
    if stored is None:
        if version:
            raise Refused("This answer was removed. Load the page again.")
        check_file(application, item, value)
        return first_answer(application, item, scope, scope_key, value), False
    if stored.value == value:
        return stored, False
    if stored.version != version:
        _keep_late(stored, value)
        return stored, True
    check_file(application, item, value)
    return replace_answer(stored, value), False


def first_answer(
    application: Application, item: FormItem, scope: str, scope_key: str, value: Any, *, taken_from: str = ""
) -> Answer:
    """Store the first answer to a question; ``taken_from`` says where its words were written, if elsewhere.

    Call under the application's lock, after the checks.
    """
    # From its first answer on a form stays as it was: a new version is for those who begin later.
    FormUse.objects.get_or_create(
        application=application, scope=scope, scope_key=scope_key, defaults={"version": item.version}
    )
    return Answer.objects.create(
        application=application,
        question=item.question,
        scope=scope,
        scope_key=scope_key,
        value=value,
        taken_from=taken_from,
        taken_version=1 if taken_from else None,
    )


def replace_answer(stored: Answer, value: Any, *, taken_from: str = "") -> Answer:
    """Put ``value`` in the place of a stored answer and keep the one before among the earlier versions."""
    AnswerVersion.objects.create(answer=stored, version=stored.version, value=stored.value, saved_at=stored.saved_at)
    stored.value, stored.version, stored.saved_at = value, stored.version + 1, clock.now()
    if taken_from:
        stored.taken_from, stored.taken_version = taken_from, stored.version
    stored.save(update_fields=["value", "version", "saved_at", "taken_from", "taken_version"])
    _forget_oldest(stored)
    return stored


def _keep_late(stored: Answer, value: Any) -> None:
    # A tab that asks again with the same late text leaves one trace of it.
    kept = stored.versions.filter(was_stored=False).values_list("value", flat=True)
    if value != stored.value and value not in list(kept):
        AnswerVersion.objects.create(answer=stored, version=stored.version, value=value, was_stored=False)


def _forget_oldest(stored: Answer) -> None:
    if stored.version % KEPT_VERSIONS:
        return
    kept = stored.versions.filter(was_stored=True).order_by("-version")[:KEPT_VERSIONS]
    stored.versions.filter(was_stored=True).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


def check_may_write(application: Application, scope: str, scope_key: str) -> None:
    """Raise ``Refused`` unless the answers of this form may be changed now."""
    if scope in {AnswerScope.GENERAL, AnswerScope.TRACK}:
        check_is_draft(application)
        check_general_window(application)
        return
    if scope == AnswerScope.STREAM:
        check_in_stage2(application)
        check_stage2_window(application)
        row = application.stream_applications.filter(public_id=scope_key).first()
        if row is None or row.internal_state != StreamApplicationState.DRAFT:
            raise Refused("This stream application is not a draft. Reopen it to change something.")
        return
    task = application.evaluation_assignments.select_related("definition").filter(public_id=scope_key).first()
    if task is not None:
        task.application = application
        check_task_window(task)
    check_task_is_open(task)


def check_belongs(application: Application, item: FormItem, scope: str, scope_key: str) -> None:
    """Refuse a question that the form in this place does not ask."""
    form_id = _form_asked(application, scope, scope_key)
    if form_id is None or item.version.form_id != form_id or item.version.state == FormState.DRAFT:
        raise Refused("This question is not asked here. Load the page again.")


def check_file(application: Application, item: FormItem, value: Any) -> None:
    """Refuse a file that is not one of this application, sent in answer to this question."""
    if item.question.kind != QuestionKind.FILE or value is None:
        return
    if not application.documents.filter(
        public_id=value["id"], sha256=value["sha256"], question=item.question_id, removed_at=None
    ).exists():
        raise Refused("This file is no longer here. Load the page again.")


def _form_asked(application: Application, scope: str, scope_key: str) -> int | None:
    if scope == AnswerScope.GENERAL:
        return application.cycle.general_form_id
    if scope == AnswerScope.TRACK:
        tracks = application.track_applications.filter(track__public_id=scope_key)
        return tracks.values_list("track__form_id", flat=True).first()
    if scope == AnswerScope.STREAM:
        streams = application.stream_applications.filter(public_id=scope_key)
        return streams.values_list("stream__form_id", flat=True).first()
    tasks = application.evaluation_assignments.filter(public_id=scope_key)
    return tasks.values_list("definition__form_id", flat=True).first()
