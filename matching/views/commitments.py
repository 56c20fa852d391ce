"""Publish the commitment of the lottery."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.policies import policy
from matching.domain.commitments import commit_to_seed
from streams.queries import current_cycle


@policy("matching.commit_to_seed")
@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Draw and seal the seed of the current cycle; its checksum is public at once."""
    cycle = current_cycle()
    if cycle is None:
        raise Http404
    commit_to_seed(cycle=cycle, by=request.user)
    messages.success(request, _("The commitment is published. The seed stays sealed until the offers are sent."))
    return redirect("matching:runs")
