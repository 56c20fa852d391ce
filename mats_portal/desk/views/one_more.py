"""What one reading more would change in a batch."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.http import render_page
from core.policies import policy
from mats_portal.desk.one_more import one_more_page
from reviews.models import DecisionBatch
from reviews.queries import batches_visible_to
from reviews.queries.undo import title_of


@policy("reviews.view_batch", batch=batches_visible_to)
@require_safe
def batch_one_more(request: HttpRequest, batch: DecisionBatch) -> HttpResponse:
    """Show whom one reading more could move across the line; the page of the batch fetches the part with the table."""
    page = one_more_page(batch, request.user, title_of(batch))
    return render_page(request, "desk/one_more.html", "desk/_one_more.html", {"page": page})
