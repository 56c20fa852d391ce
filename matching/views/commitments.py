"""Publish the commitment of the lottery."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.policies import policy
from matching.domain.commitments import commit_to_seed
from streams.views.in_view import cycle_of_form, redirect_in


@policy("matching.commit_to_seed")
@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Draw and seal the seed of the cycle that the page showed; its checksum is public at once."""
    cycle = cycle_of_form(request)
    commit_to_seed(cycle=cycle, by=request.user)
    messages.success(request, _("The commitment is published. The seed stays sealed until the offers are sent."))
    return redirect_in(cycle, "matching:runs")
