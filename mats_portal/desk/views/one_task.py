"""Pages on which staff and leads settle something about one task of one person."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from applications.domain.exceptions import ask_task_again, excuse_task, extend_task
from applications.domain.scores import score_by_hand
from applications.models import EvaluationAssignment
from core.policies import policy
from core.refusals import Refused
from mats_portal.desk import one_task
from mats_portal.desk.one_task import tasks_to_settle
from reviews.queries import tracks_to_watch
from streams.models import Track


@policy("desk.settle_tasks", track=tracks_to_watch)
@require_safe
def track_tasks(request: HttpRequest, track: Track) -> HttpResponse:
    """List the tasks of one track's applicants, 50 a page."""
    group = request.GET.get("show", "")
    group = group if group in one_task.GROUPS else "open"
    after = request.GET.get("after", "")
    is_number = after.isascii() and after.isdigit() and len(after) < 18
    rows = one_task.task_lines(track, request.user, group=group, after=int(after) if is_number else None)
    more, rows = len(rows) > one_task.PAGE, rows[: one_task.PAGE]
    context = {
        "track": track,
        "rows": rows,
        "group": group,
        "groups": [(key, label) for key, (label, _) in one_task.GROUPS.items()],
        "next_query": urlencode({"show": group, "after": rows[-1].pk}) if more else "",
    }
    return render(request, "desk/track_tasks.html", context)


@policy("desk.settle_task", task=tasks_to_settle)
@require_safe
def task(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Show one task of one person, and what can be settled about it."""
    return _page(request, task)


@policy("desk.settle_task", task=tasks_to_settle)
@require_POST
def task_excuse(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Excuse the person from it."""
    form = one_task.ExcuseForm(request.POST)
    return _settle(
        request,
        task,
        form,
        lambda: excuse_task(assignment=task, reason=form.cleaned_data["reason"], by=request.user),
        "Excused. They are told by mail that there is nothing to do.",
    )


@policy("desk.settle_task", task=tasks_to_settle)
@require_POST
def task_extend(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Give the person more time for it."""
    form = one_task.TaskTimeForm(request.POST)
    return _settle(
        request,
        task,
        form,
        lambda: extend_task(assignment=task, until=form.until(), reason=form.cleaned_data["reason"], by=request.user),
        "The time is moved for this task. They are told by mail.",
    )


@policy("desk.settle_task", task=tasks_to_settle)
@require_POST
def task_ask_again(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Take an excuse back."""
    row = ask_task_again(assignment=task, by=request.user)
    words = "The excuse is taken back: the task is asked again."
    if row.state == "expired":
        words = "The excuse is taken back. The time for the task is over; give more time if they are to do it."
    messages.success(request, words)
    return redirect("desk:task", task=task.public_id)


@policy("desk.import_scores", task=tasks_to_settle)
@require_POST
def task_score(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Store the score of a test at a provider as somebody of the staff typed it."""
    form = one_task.ScoreForm(request.POST)
    return _settle(
        request,
        task,
        form,
        lambda: score_by_hand(
            assignment=task, value=form.cleaned_data["value"], out_of=form.cleaned_data["out_of"], by=request.user
        ),
        "The score is stored. The person sees it on the page of this test.",
    )


def _settle(
    request: HttpRequest, task: EvaluationAssignment, form: forms.Form, act: Callable[[], Any], done: str
) -> HttpResponse:
    """Do ``act`` if what was typed is sound, and say so; else show it again with what is wrong."""
    status = 422
    if form.is_valid():
        try:
            act()
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, done)
            return redirect("desk:task", task=task.public_id)
    return _page(request, task, wrong=form, status=status)


def _page(
    request: HttpRequest, task: EvaluationAssignment, *, wrong: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    blank = {"excuse": one_task.ExcuseForm(), "time": one_task.TaskTimeForm(), "score": one_task.ScoreForm()}
    context = {
        "page": one_task.task_page(task, request.user),
        **{name: wrong if wrong is not None and type(wrong) is type(form) else form for name, form in blank.items()},
        "form": wrong,
        "errors_on_page": wrong is not None,
        "is_staff": request.user.has_perm("desk.import_scores"),
    }
    return render(request, "desk/task.html", context, status=status)
