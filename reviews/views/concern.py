"""A grader raises a concern about the submission before them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from applications.domain.concerns import raise_concern
from applications.forms.concerns import ConcernForm
from applications.queries.integrity import days_word
from core.policies import policy
from core.refusals import Refused
from reviews.models import ReviewAssignment
from reviews.queries.access import texts_visible_to


@policy("reviews.write_review", assignment=texts_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def concern(request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
    """Say what was seen and what it rests on; grading of this text waits from then on."""
    if assignment.evaluation is None:
        raise Http404
    form = ConcernForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            raise_concern(
                assignment=assignment.evaluation,
                concern=form.cleaned_data["concern"],
                evidence=form.evidence,
                note=form.cleaned_data["note"],
                by=request.user,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(
                request, f"{assignment.label} has left your queue. The person is asked first, then two others decide."
            )
            return redirect("reviews:queue")
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "assignment": assignment,
        "errors_on_page": bool(form.errors),
        "reply_days": days_word(assignment.evaluation.definition.cycle.concern_reply_days),
    }
    return render(request, "reviews/concern.html", context, status=status)
