"""Readings of one text side by side: for its readers, and for those who lead its track."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core.policies import policy
from core.refusals import Refused
from reviews.domain.comparing import explain_levels
from reviews.forms.comparing import ExplainForm
from reviews.models import ReviewAssignment
from reviews.queries import comparing as queries
from reviews.queries import tracks_to_watch
from reviews.queries.access import texts_visible_to
from streams.models import Track

#: Texts on one page of a lead.
ON_A_PAGE = 20


@policy("reviews.write_review", assignment=texts_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
    """Show the others' levels beside one's own, once those are in; take two lines where they are far apart."""
    page = queries.compare_page(assignment)
    if page is None:
        raise Refused("Hand your own review in first. Then you see what others gave.")
    form = ExplainForm(
        request.POST if request.method == "POST" else None,
        rows=page.far,
        initial={"wants_further": page.wants_further},
    )
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            explain_levels(
                assignment=assignment,
                texts=form.texts,
                wants_further=form.cleaned_data["wants_further"],
                by=request.user,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, f"Your lines on {assignment.label} are kept. The track leads read them.")
            return redirect("reviews:compare", assignment.public_id)
    context = {"page": page, "form": form, "errors_on_page": bool(form.errors)}
    return render(request, "reviews/compare.html", context, status=status)


@policy("reviews.check_feedback", track=tracks_to_watch)
@require_safe
def differences(request: HttpRequest, track: Track) -> HttpResponse:
    """List the texts of a track whose readers are far apart, with what they wrote and what came of it."""
    targets = queries.far_targets(track, request.user)
    page = Paginator(targets, ON_A_PAGE).get_page(request.GET.get("page"))
    rows = queries.far_texts(page.object_list, track.cycle)
    context = {"track": track, "difference": track.cycle.explain_difference, "page": page, "rows": rows}
    return render(request, "reviews/differences.html", context)
