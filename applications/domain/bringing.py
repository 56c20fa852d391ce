"""Let words that a person has written once stand again: from an earlier cycle, or from another form of this one."""

from typing import Any

from django.db import transaction

from applications.domain.answers import check_belongs, check_may_write, first_answer, replace_answer
from applications.domain.documents import copy_document
from applications.domain.guards import check_general_window, check_is_draft
from applications.domain.values import tidy_value
from applications.models import Answer, Application
from applications.queries.bringing import Bringable, bringing
from applications.queries.carrying import fit, meaning_of
from applications.queries.faults import is_answered
from applications.queries.snapshots import stored_answer
from applications.states import AnswerScope
from core import audit
from core.refusals import Refused
from core.transitions import locked
from questions.models import FormItem

ALREADY_WRITTEN = "You have written an answer here, and it stays. Empty it first to use the other one."


@transaction.atomic
def bring_answers(*, application: Application, by: Any) -> int:
    """Bring what an earlier application answers into a draft, each marked; what is answered here stays as it is.

    Returns how many answers came. Doing it twice brings nothing twice, and not again what was emptied since.
    Raises ``Refused`` unless the draft may be written.
    """
    application = locked(application, "cycle")
    check_is_draft(application)
    check_general_window(application)
    found = bringing(application)
    if found is None:
        return 0
    brought = [one for one in found.ready if _bring(application, one, found.title, by)]
    if brought:
        audit.record("bring", application, by=by, n=len(brought), cycle=found.source.cycle.slug)
    return len(brought)


def _bring(application: Application, one: Bringable, title: str, by: Any) -> bool:
    scope, scope_key = one.place.scope, one.place.scope_key
    value = one.value
    if one.document is not None:
        value = copy_document(
            document=one.document, application=application, item=one.item, scope=scope, scope_key=scope_key, by=by
        )
        if value is None:
            return False
    tidy = tidy_value(one.item.question, value)
    first_answer(application, one.item, scope, scope_key, tidy, taken_from=title)
    return True


@transaction.atomic
def use_answer(
    *, application: Application, item: FormItem, scope: str, scope_key: str, source: Answer, title: str, by: Any
) -> Answer:
    """Answer a question with what the person wrote to one of the same meaning elsewhere; using it twice is once.

    ``title`` says where that was. Raises ``Refused`` over an answer that was typed here, or while the form is closed.
    """
    if scope == AnswerScope.EVALUATION:
        raise Refused("A task is done anew: nothing written elsewhere stands in its place.")
    application = locked(application, "cycle")
    check_may_write(application, scope, scope_key)
    check_belongs(application, item, scope, scope_key)
    is_same = meaning_of(source.question) == meaning_of(item.question)
    if not is_same or source.application.person_id != application.person_id:
        raise Refused("This answer is to another question.")
    found = fit(item, source.question, source.value)
    if found.reason:
        raise Refused(found.reason)
    value = tidy_value(item.question, found.value)
    stored = stored_answer(application, scope, scope_key, item.question_id)
    if stored is None:
        answer = first_answer(application, item, scope, scope_key, value, taken_from=title)
    elif stored.value == value:
        return stored
    elif is_answered(item.question, stored.value):
        raise Refused(ALREADY_WRITTEN)
    else:
        answer = replace_answer(stored, value, taken_from=title)
    audit.record("reuse", application, by=by, question=item.question.code, scope=scope)
    return answer
