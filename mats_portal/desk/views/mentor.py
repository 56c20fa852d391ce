"""A mentor's home."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.policies import policy
from mats_portal.desk.mentor import mentor_moves, mentor_streams


@policy("matching.view_mentor_home")
@require_safe
def mentor(request: HttpRequest) -> HttpResponse:
    """Show a mentor their streams: seats, people, the list and when it locks."""
    area = request.GET.get("area", "")[:150].replace("\x00", "")
    context = {"streams": mentor_streams(request.user, area), "moves": mentor_moves(request.user)}
    return render(request, "desk/mentor.html", context)
