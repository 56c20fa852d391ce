"""Questions about submissions: raised by a lead, decided by two people of staff."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.domain.concerns import raise_concern
from applications.domain.rulings import propose_ruling, send_back
from applications.forms.concerns import ConcernForm
from applications.models import CaseStatement, EvaluationAssignment, IntegrityCase
from applications.queries.files import CONTENT_TYPES
from applications.queries.integrity import days_word
from applications.states import DocumentType
from core.http import attachment
from core.policies import policy
from core.refusals import Refused
from mats_portal.desk import integrity
from mats_portal.desk.one_task import tasks_to_settle
from reviews.domain.concerns import settle_case


@policy("desk.settle_task", task=tasks_to_settle)
@require_http_methods(["GET", "HEAD", "POST"])
def task_concern(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Raise a concern about a submission as a lead or as staff."""
    form = ConcernForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            raise_concern(
                assignment=task,
                concern=form.cleaned_data["concern"],
                evidence=form.evidence,
                note=form.cleaned_data["note"],
                by=request.user,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, "The person is asked. Two others decide after their answer.")
            return redirect("desk:task", task=task.public_id)
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "task": task,
        "errors_on_page": bool(form.errors),
        "reply_days": days_word(task.application.cycle.concern_reply_days),
    }
    return render(request, "desk/task_concern.html", context, status=status)


@policy("desk.decide_concerns")
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """List the questions, what is due first on top."""
    settled = request.GET.get("show") == "settled"
    after = request.GET.get("after", "")
    is_number = after.isascii() and after.isdigit() and len(after) < 18
    rows = integrity.case_rows(request.user, settled=settled, after=int(after) if is_number else None)
    more, rows = settled and len(rows) > integrity.PAGE, rows[: integrity.PAGE] if settled else rows
    context = {
        "rows": rows,
        "settled": settled,
        "next_query": urlencode({"show": "settled", "after": rows[-1].pk}) if more else "",
    }
    return render(request, "desk/cases.html", context)


@policy("desk.decide_concerns", case=integrity.cases_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, case: IntegrityCase) -> HttpResponse:
    """Show one question; propose an outcome."""
    page = integrity.case_page(case, request.user)
    form = integrity.RulingForm(request.POST if request.method == "POST" else None, is_appeal=page.is_appeal)
    status = 200
    if form.is_valid():
        try:
            propose_ruling(
                case=case,
                outcome=form.cleaned_data["outcome"],
                reason=form.cleaned_data["reason"],
                retake_until=form.until(),
                by=request.user,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, "Proposed. Nothing happens before a second person agrees.")
            return redirect("desk:case", case=case.public_id)
    elif form.is_bound:
        status = 422
    context = {"page": page, "form": form, "errors_on_page": bool(form.errors), "shows_form": bool(form.errors)}
    return render(request, "desk/case.html", context, status=status)


@policy("desk.decide_concerns", case=integrity.cases_visible_to)
@require_POST
def case_confirm(request: HttpRequest, case: IntegrityCase) -> HttpResponse:
    """Agree as the second person: it happens, and the person is told."""
    settle_case(case=case, by=request.user)
    messages.success(request, "Settled. The person is told by mail.")
    return redirect("desk:case", case=case.public_id)


@policy("desk.decide_concerns", case=integrity.cases_visible_to)
@require_POST
def case_send_back(request: HttpRequest, case: IntegrityCase) -> HttpResponse:
    """Take the proposed outcome off the table."""
    send_back(case=case, by=request.user)
    messages.success(request, "The proposal is off the table. Anybody who may decide can propose another.")
    return redirect("desk:case", case=case.public_id)


@policy("desk.decide_concerns", statement=integrity.statements_visible_to)
@require_safe
def case_file(request: HttpRequest, statement: CaseStatement) -> FileResponse:
    """Hand out the file that came with an answer."""
    kind = CONTENT_TYPES[DocumentType(statement.type)]
    return attachment(storage_name=statement.storage_name, name=statement.name, content_type=kind)
