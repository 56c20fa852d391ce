"""One evaluation: brief, questions, hand in."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from applications.domain.evaluations import keep_statement, reopen_evaluation, reuse_evaluation, submit_evaluation
from applications.domain.timed import start_evaluation
from applications.models import EvaluationAssignment
from applications.queries import own_evaluations
from applications.queries.earlier import earlier_work
from applications.queries.scores import external_score
from applications.queries.sheets import evaluation_place
from applications.queries.stage2 import is_task_open, task_askers, task_sections
from applications.queries.task_windows import writing_time
from applications.queries.timed import seconds_left, start_page
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
        if task.definition.is_timed and task.state == EvaluationState.ASSIGNED:
            return redirect("applications:task_start", task=task.public_id)
        return _task_page(request, task, Saving())
    if request.POST.get("field") == "ai_statement":
        return _autosave_statement(request, task)
    place, sections = evaluation_place(task), task_sections(task)
    items = [one for part in sections for one in part.items]
    if is_autosave(request):
        return autosave(request, task.application, place, items)
    saving = save_page(request, task.application, place, items)
    statement = request.POST.get("ai_statement", "")
    try:
        if task.definition.asks_statement:
            task = keep_statement(assignment=task, text=statement)
    except Refused as refused:
        saving.refused = str(refused)
    if not saving.is_clean:
        return _task_page(request, task, saving, statement=statement)
    if "submit" not in request.POST:
        return redirect("applications:stage2" if "to-list" in request.POST else request.get_full_path())
    return _submit(request, task, statement)


def _autosave_statement(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Keep the statement on AI tools for the script of the page."""
    try:
        keep_statement(assignment=task, text=request.POST.get("value", ""))
    except Refused as refused:
        return JsonResponse({"error": str(refused)}, status=422)
    return JsonResponse({"version": 0, "saved_at": clock_time(request, clock.now())})


@policy(LOGIN, task=tasks_of)
@require_http_methods(["GET", "HEAD", "POST"])
def task_start(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Say what starting the clock means; start it."""
    if request.method == "POST":
        start_evaluation(assignment=task, by=request.user)
        return redirect("applications:task", task=task.public_id)
    if not task.definition.is_timed or task.state != EvaluationState.ASSIGNED:
        return redirect("applications:task", task=task.public_id)
    page = start_page(task, writing_time(task), task_sections(task))
    context = {"task": task, "definition": task.definition, "page": page, "asked_by": task_askers(task)}
    context["earlier"] = earlier_work(task)
    return render(request, "applications/task_start.html", context)


@policy(LOGIN, task=tasks_of)
@require_POST
def task_reuse(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Let the work of an earlier cycle count again."""
    reuse_evaluation(assignment=task, by=request.user)
    messages.success(request, f"Handed in from your earlier work: {task.definition.title}.")
    return redirect("applications:stage2")


def _submit(request: HttpRequest, task: EvaluationAssignment, statement: str) -> HttpResponse:
    problems = [
        (f"field-{one.item.pk}", one.problem) for part in task_sections(task) for one in part.items if one.problem
    ]
    if task.definition.needs_statement and not statement.strip():
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
    window, sections = writing_time(task), task_sections(task)
    errors = saving.summary() + [{"target": target, "text": text} for target, text in problems or []]
    saved = max((part.saved_at for part in sections if part.saved_at), default=None)
    kind, words = task_wording(task.state)
    is_open = window.is_open(task.application.released_state, clock.arrival())
    return render(
        request,
        "applications/task.html",
        {
            "task": task,
            "definition": task.definition,
            "brief": render_markdown(task.definition.brief),
            "kind": kind,
            "words": words,
            "readonly": not is_task_open(task, window),
            "sections": [
                {
                    "title": part.title,
                    "intro": part.intro,
                    "policy": AiPolicy(task.definition.policy_of(part.code)).label,
                    "fields": saving.fields(part.items, shows_problem=bool(problems), says_readers=False),
                }
                for part in sections
            ],
            "errors": errors,
            "errors_on_page": bool(errors),
            "saved_at": clock_time(request, saved) if saved else "",
            "statement": task.ai_statement if statement is None else statement,
            "asks_statement": task.definition.asks_statement,
            "needs_statement": task.definition.needs_statement,
            "asked_by": task_askers(task),
            "policies_differ": len(task.definition.policies) > 1,
            "runs": task.state == EvaluationState.STARTED,
            "seconds_left": seconds_left(task),
            "score": external_score(task),
            "earlier": earlier_work(task) if is_open else None,
            "closes_at": window.closes_at,
            "closes_zone": window.zone,
            "has_own_time": window.is_own and task.state == EvaluationState.ASSIGNED,
            "can_reopen": is_open
            and not task.definition.is_timed
            and task.state == EvaluationState.SUBMITTED
            and not window.closes.is_past(clock.arrival()),
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
