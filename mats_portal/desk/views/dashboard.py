"""The applicant's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.policies import LOGIN, policy
from mats_portal.desk.dashboard import dashboard_of


@policy(LOGIN)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show whose move it is, what is to do, and what happens next."""
    return render(request, "desk/dashboard.html", {"desk": dashboard_of(request.user)})
