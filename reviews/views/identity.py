"""Texts that give away who wrote them: flagged by a reader, decided by those who lead the track."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.policies import policy
from core.refusals import Refused
from reviews.domain.identity import flag_identity, leave_passage, remove_passage
from reviews.forms import IdentityForm
from reviews.models import IdentityFlag, ReviewAssignment
from reviews.queries import identity, reading
from reviews.queries.access import texts_visible_to


@policy("reviews.write_review", assignment=texts_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def flag(request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
    """Mark the words that give the writer away; then read on, or declare a conflict."""
    page = reading.review_page(assignment)
    form = IdentityForm(request.POST if request.method == "POST" else None, sections=page.sections)
    status = 200
    if form.is_valid():
        try:
            flag_identity(
                assignment=assignment,
                question_code=form.cleaned_data["answer"],
                passage=form.cleaned_data["passage"],
                note=form.cleaned_data["note"],
                by=request.user,
            )
        except Refused as refusal:
            form.add_error("passage", str(refusal))
            status = 409
        else:
            if form.knows_them:
                messages.success(request, "Flagged. Now say what the conflict is.")
                return redirect("reviews:conflict", assignment.public_id)
            messages.success(request, "Flagged for the track leads. Read on as if you had not seen it.")
            return redirect("reviews:review", assignment.public_id)
    elif form.is_bound:
        status = 422
    context = {"form": form, "page": page, "errors_on_page": bool(form.errors)}
    return render(request, "reviews/identity_flag.html", context, status=status)


@policy("reviews.view_progress")
@require_safe
def flags(request: HttpRequest) -> HttpResponse:
    """List the flags of the tracks one leads."""
    return _flags(request)


def _flags(request: HttpRequest, *, tried: IdentityFlag | None = None, refused: str = "") -> HttpResponse:
    context = {
        "rows": identity.flag_rows(request.user),
        "tried": tried.public_id if tried else "",
        "typed": request.POST.get("passage", ""),
        "refused": refused,
        "errors_on_page": bool(refused),
    }
    return render(request, "reviews/identity_flags.html", context, status=409 if refused else 200)


@policy("reviews.view_progress", flag=identity.identity_flags_visible_to)
@require_POST
def flag_decide(request: HttpRequest, flag: IdentityFlag) -> HttpResponse:
    """Take the passage out of what blind readers get (``act=remove``), or leave the text as it is."""
    try:
        if request.POST.get("act") == "remove":
            remove_passage(flag=flag, passage=request.POST.get("passage", "").replace("\x00", ""), by=request.user)
            messages.success(request, "Removed. Readers of this text now see “[removed]” there.")
        else:
            leave_passage(flag=flag, by=request.user)
            messages.success(request, "Left as it is.")
    except Refused as refusal:
        return _flags(request, tried=flag, refused=str(refusal))
    return redirect("reviews:identity_flags")
