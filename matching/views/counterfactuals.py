"""What if: one more seat, or a stream withdrawn, on the frozen inputs of a run."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.policies import policy
from matching.forms.runs import WhatIfForm
from matching.models import MatchRun
from matching.queries import counterfactuals as queries
from matching.queries.runs import match_runs_visible_to


@policy("matching.explain_run", run=match_runs_visible_to)
@require_safe
def what_if(request: HttpRequest, run: MatchRun) -> HttpResponse:
    """Show who would be elsewhere after one change; without a question, one more seat at each stream in numbers."""
    if run.result is None:
        raise Http404
    is_asked = "change" in request.GET or "stream" in request.GET
    form = WhatIfForm(request.GET if is_asked else None, streams=queries.stream_choices(run))
    answer = None
    if form.is_valid():
        answer = queries.one_change(run, form.cleaned_data["change"], form.cleaned_data["stream"], request.user)
    context = {
        "run": run,
        "form": form,
        "errors_on_page": bool(form.errors),
        "answer": answer,
        "rows": [] if is_asked else queries.one_seat_more_each(run),
        "is_repeatable": queries.is_repeatable(run),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "matching/run_what_if.html", context, status=status)
