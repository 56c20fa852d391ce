"""Corrections: asked for by people, answered by staff."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.models import Document
from applications.queries import current_application, own_documents
from core.policies import LOGIN, policy
from core.refusals import Refused
from mats_portal.desk.models import CorrectionKind, CorrectionRequest
from mats_portal.desk.privacy import requesting


@policy(LOGIN)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest) -> HttpResponse:
    """Ask staff to put a fact right; see what became of earlier requests."""
    document = _document(request)
    initial = {"kind": request.GET.get("about", "")[:10]}
    if document is not None:
        initial = {"proposed": document.text if document.corrected_text is None else document.corrected_text}
    form = requesting.CorrectionForm(
        request.POST if request.method == "POST" else None,
        document=document,
        application=None if document else current_application(request.user),
        initial=initial,
    )
    status = 200
    if form.is_valid():
        typed = form.cleaned_data
        try:
            requesting.ask_correction(
                person=request.user,
                kind=CorrectionKind.FILE_TEXT if document else typed["kind"],
                what=document.name if document else typed["what"],
                proposed=typed["proposed"],
                reason=typed["reason"],
                document=document,
                answer=typed.get("answer", ""),
                by=request.user,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, "Your request is on record. A person answers it; you get a mail.")
            return redirect("desk:correct")
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "rows": requesting.own_lines(request.user),
        "document": document,
        "errors_on_page": bool(form.errors),
    }
    return render(request, "desk/correct.html", context, status=status)


def _document(request: HttpRequest) -> Document | None:
    """Return the own file whose text is meant, if the address names one."""
    named = request.GET.get("file", "")[:22].replace("\x00", "")
    if not named:
        return None
    found = own_documents(request.user).filter(public_id=named).select_related("application").first()
    if found is None:
        raise Http404
    return found


@policy(LOGIN, correction=requesting.corrections_of)
@require_POST
def correct_withdraw(request: HttpRequest, correction: CorrectionRequest) -> HttpResponse:
    """Take a request back."""
    requesting.withdraw_correction(correction=correction, by=request.user)
    messages.success(request, "Taken back.")
    return redirect("desk:correct")


@policy("desk.answer_corrections")
@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """List what waits, the oldest first, or what was answered."""
    settled = request.GET.get("show") == "settled"
    after = request.GET.get("after", "")
    is_number = after.isascii() and after.isdigit() and len(after) < 18
    rows = requesting.queue_lines(request.user, settled=settled, after=int(after) if is_number else None)
    more, rows = len(rows) > requesting.PAGE, rows[: requesting.PAGE]
    kept = {"show": "settled"} if settled else {}
    next_query = urlencode({**kept, "after": rows[-1].pk}) if more else ""
    return render(request, "desk/corrections.html", {"rows": rows, "settled": settled, "next_query": next_query})


@policy("desk.answer_corrections", correction=requesting.corrections_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: HttpRequest, correction: CorrectionRequest) -> HttpResponse:
    """Show one request; accept or decline it with a reply."""
    form = requesting.AnswerForm(request.POST if request.method == "POST" else None, correction=correction)
    status = 200
    if form.is_valid():
        accept = request.POST.get("act") == "accept"
        try:
            requesting.answer_correction(
                correction=correction,
                accept=accept,
                reply=form.cleaned_data["reply"],
                answer=form.cleaned_data.get("answer"),
                by=request.user,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, "Answered. The person is told by mail.")
            return redirect("desk:corrections")
    elif form.is_bound:
        status = 422
    context = {
        "row": requesting.correction_page(correction),
        "form": form,
        "errors_on_page": bool(form.errors),
    }
    return render(request, "desk/correction.html", context, status=status)
