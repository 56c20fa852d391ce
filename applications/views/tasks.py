"""One evaluation: brief, questions, hand in."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from applications.domain.evaluations import keep_statement, reopen_evaluation, submit_evaluation
from applications.models import EvaluationAssignment
from applications.queries import dates_for, own_evaluations
from applications.queries.sheets import evaluation_place
from applications.queries.stage2 import is_stage2_open, is_task_open, task_sections
from applications.queries.wording import task_wording
from applications.states import AiPolicy, EvaluationState
from applications.views.saving import Saving, autosave, clock_time, is_autosave, save_page
from core import clock
from core.markdown import render as render_markdown
from core.policies import LOGIN, policy
from core.refusals import Refused


def tasks_of(user: Any) -> Any:
    """Return the tasks of a person with what their page needs."""
    return own_evaluations(user).select_related("definition", "application__cycle", "application__person")


@policy(LOGIN, task=tasks_of)
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Show one task; save a field, or all of it, or hand it in."""
    if request.method != "POST":
        return _task_page(request, task, Saving())
    place, sections = evaluation_place(task), task_sections(task)
    items = [one for part in sections for one in part.items]
    if is_autosave(request):
        return autosave(request, task.application, place, items)
    saving = save_page(request, task.application, place, items)
    statement = request.POST.get("ai_statement", "")
    try:
        if task.definition.ai_policy != AiPolicy.FORBIDDEN:
            task = keep_statement(assignment=task, text=statement)
    except Refused as refused:
        saving.refused = str(refused)
    if not saving.is_clean:
        return _task_page(request, task, saving, statement=statement)
    if "submit" not in request.POST:
        return redirect("applications:stage2" if "to-list" in request.POST else request.get_full_path())
    return _submit(request, task, statement)


def _submit(request: HttpRequest, task: EvaluationAssignment, statement: str) -> HttpResponse:
    problems = [
        (f"field-{one.item.pk}", one.problem) for part in task_sections(task) for one in part.items if one.problem
    ]
    if task.definition.ai_policy == AiPolicy.ALLOWED_DISCLOSE and not statement.strip():
        problems.append(("field-ai", "Say which AI tools you used, or write “none”"))
    if problems:
        return _task_page(request, task, Saving(), problems=problems, statement=statement)
    submit_evaluation(assignment=task, by=request.user, ai_statement=statement)
    messages.success(request, f"Handed in: {task.definition.title}. A receipt is on its way by mail.")
    return redirect("applications:stage2")


def _task_page(
    request: HttpRequest,
    task: EvaluationAssignment,
    saving: Saving,
    *,
    problems: list[tuple[str, str]] | None = None,
    statement: str | None = None,
) -> HttpResponse:
    dates, sections = dates_for(task.application), task_sections(task)
    errors = saving.summary() + [{"target": target, "text": text} for target, text in problems or []]
    saved = max((part.saved_at for part in sections if part.saved_at), default=None)
    kind, words = task_wording(task.state)
    is_open = is_stage2_open(task.application, dates)
    return render(
        request,
        "applications/task.html",
        {
            "task": task,
            "definition": task.definition,
            "brief": render_markdown(task.definition.brief),
            "kind": kind,
            "words": words,
            "readonly": not is_task_open(task, dates),
            "sections": [
                {
                    "title": part.title,
                    "intro": part.intro,
                    "fields": saving.fields(part.items, shows_problem=bool(problems), says_readers=False),
                }
                for part in sections
            ],
            "errors": errors,
            "errors_on_page": bool(errors),
            "saved_at": clock_time(request, saved) if saved else "",
            "statement": task.ai_statement if statement is None else statement,
            "asks_statement": task.definition.ai_policy != AiPolicy.FORBIDDEN,
            "needs_statement": task.definition.ai_policy == AiPolicy.ALLOWED_DISCLOSE,
            "closes_at": dates.instant("stage2_closes"),
            "closes_zone": dates.zone("stage2_closes"),
            "can_reopen": is_open
            and task.state == EvaluationState.SUBMITTED
            and not dates.deadline("stage2_closes").is_past(clock.arrival()),
        },
        status=saving.status if not saving.is_clean else 422 if problems else 200,
    )


@policy(LOGIN, task=tasks_of)
@require_POST
def task_reopen(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Take a task back to change it."""
    reopen_evaluation(assignment=task, by=request.user)
    messages.success(request, "Reopened. What you handed in counts until you hand it in again.")
    return redirect("applications:task", task=task.public_id)
