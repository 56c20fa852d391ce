"""For operators: is everything that the portal stands on alive?"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from core import health
from core.policies import PUBLIC, policy


@policy(PUBLIC)
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer ``ok`` or the reason for each part; 503 unless all are ok."""
    report = health.report()
    return JsonResponse(report, status=200 if set(report.values()) == {"ok"} else 503)


@policy(PUBLIC)
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Answer as long as this process does."""
    return HttpResponse("ok", content_type="text/plain")
