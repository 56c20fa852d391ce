"""What was decided, as its applicant may read it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.policies import LOGIN, policy
from reviews.queries.results import result_pages


@policy(LOGIN)
@require_safe
def result(request: HttpRequest) -> HttpResponse:
    """Show the released outcomes of one's own tracks with the notes written for them."""
    return render(request, "reviews/result.html", {"applications": result_pages(request.user)})
