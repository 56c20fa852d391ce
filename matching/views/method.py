"""How matching works, in plain words, for everybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.policies import PUBLIC, policy
from matching.engine import ENGINE_VERSION
from matching.queries import dates
from matching.queries.commitments import published_commitment
from matching.queries.runs import published_commitments
from streams.models import Cycle
from streams.queries import current_cycle
from streams.states import CapsBy


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
        "limits": _limits(cycle) if cycle else "",
        "preferences_close": dates.deadline(cycle, dates.PREFERENCES_CLOSE) if cycle else None,
    }
    return render(request, "matching/how_matching_works.html", context)


def _limits(cycle: Cycle) -> str:
    """Return in words what can keep apart two who would both rather have each other."""
    words = [_("the whole cohort")] if cycle.cohort_cap else []
    by = {CapsBy.TRACK: _("a track"), CapsBy.SITE: _("a site")}.get(CapsBy(cycle.caps_by))
    return _(" or ").join([*words, *([by] if by else [])])
