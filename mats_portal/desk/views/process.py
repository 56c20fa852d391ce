"""How it works: public, gathered from streams, applications and reviews."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.policies import PUBLIC, policy
from core.visitors import kept_for_visitors
from mats_portal.desk.process import track_processes
from streams import queries


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def process(request: HttpRequest) -> HttpResponse:
    """Show each step with its minutes, who reads what, and what is scored with which weight."""
    cycle = queries.current_cycle()
    context = {
        "cycle": cycle,
        "page": queries.home_page(cycle) if cycle else None,
        "tracks": track_processes(cycle) if cycle else [],
    }
    return render(request, "desk/process.html", context)
