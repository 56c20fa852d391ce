"""The author's page of a question about a submission: read it, answer, appeal."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from applications.domain.hearing import answer_concern, appeal
from applications.domain.values import NoAnswer
from applications.forms.concerns import StatementForm
from applications.models import CaseStatement, EvaluationAssignment
from applications.queries.files import CONTENT_TYPES
from applications.queries.integrity import ConcernPage, concern_page, own_statements
from applications.states import DocumentType
from applications.views.tasks import tasks_of
from core.http import attachment
from core.policies import LOGIN, policy
from core.refusals import Refused


@policy(LOGIN, task=tasks_of)
@require_http_methods(["GET", "HEAD", "POST"])
def concern(request: HttpRequest, task: EvaluationAssignment) -> HttpResponse:
    """Show what was seen and what was answered; keep an answer or an appeal."""
    page = concern_page(task)
    if page is None:
        raise Http404
    if request.method != "POST":
        return _page(request, page, None)
    is_appeal = request.POST.get("act") == "appeal"
    form = StatementForm(request.POST, request.FILES, is_appeal=is_appeal)
    if not form.is_valid():
        return _page(request, page, form, status=422)
    case = task.integrity_cases.select_related("assignment__application").order_by("-pk")[0]
    say = appeal if is_appeal else answer_concern
    try:
        say(case=case, text=form.cleaned_data["text"], upload=form.cleaned_data["file"], by=request.user)
    except NoAnswer as wrong:
        form.add_error("file", str(wrong))
        return _page(request, page, form, status=422)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, page, form, status=409)
    messages.success(
        request, "Your appeal is in." if is_appeal else "Your answer is in. You can change it until the date."
    )
    return redirect("applications:concern", task=task.public_id)


def _page(request: HttpRequest, page: ConcernPage, wrong: StatementForm | None, *, status: int = 200) -> HttpResponse:
    initial = {"text": page.answer.text} if page.answer and page.can_answer else {}
    context = {
        "page": page,
        "form": wrong or StatementForm(initial=initial, is_appeal=page.can_appeal),
        # Whoever was refused still has their words before them.
        "shows_form": page.can_answer or page.can_appeal or wrong is not None,
        "errors_on_page": wrong is not None,
    }
    return render(request, "applications/concern.html", context, status=status)


@policy(LOGIN, statement=own_statements)
@require_safe
def statement_file(request: HttpRequest, statement: CaseStatement) -> FileResponse:
    """Give a person back the file that they sent with a statement."""
    kind = CONTENT_TYPES[DocumentType(statement.type)]
    return attachment(storage_name=statement.storage_name, name=statement.name, content_type=kind)
