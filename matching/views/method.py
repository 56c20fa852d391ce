"""How matching works, in plain words, for everybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.policies import PUBLIC, policy
from matching.engine import ENGINE_VERSION
from matching.queries import dates
from matching.queries.commitments import published_commitment
from matching.queries.runs import published_commitments
from streams.queries import current_cycle


@policy(PUBLIC)
@require_safe
def explain(request: HttpRequest) -> HttpResponse:
    """Say what the match does, what nobody can gain by, and what is published."""
    cycle = current_cycle()
    context = {
        "cycle": cycle,
        "version": ENGINE_VERSION,
        "commitments": published_commitments(cycle) if cycle else [],
        "committed": published_commitment(cycle) if cycle else None,
        "is_match": cycle is None or cycle.offer_mode == "match",
        "preferences_close": dates.deadline(cycle, dates.PREFERENCES_CLOSE) if cycle else None,
    }
    return render(request, "matching/how_matching_works.html", context)
