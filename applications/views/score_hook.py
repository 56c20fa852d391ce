"""The door for providers of tests: signed calls, nothing else."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt  # see score_hook: its callers are machines with a signature
from django.views.decorators.http import require_POST

from applications.domain.scores import Reported, take_delivery
from core.hooks import is_signed
from core.policies import PUBLIC, policy
from core.refusals import Refused

MAX_BODY = 256 * 1024


@policy(PUBLIC)
@csrf_exempt  # A provider has no session that a forged page could ride on; the signature over the body is its proof.
@require_POST
def score_hook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take scores from a provider: ``X-Signature: t=<unix time>,v1=<HMAC-SHA256 of "<t>." and the body>``."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        return JsonResponse({"error": "The body is too large."}, status=413)
    body = request.body
    header = request.headers.get("X-Signature", "")
    if not is_signed(secrets=settings.SCORE_HOOK_SECRETS, caller=provider, header=header, body=body):
        # One answer for an unknown provider, a wrong signature and an old one: nothing to learn by trying.
        return JsonResponse({"error": "The signature is not valid."}, status=401)
    try:
        delivery_id, reported = _read(body)
        outcome = take_delivery(provider=provider, delivery_id=delivery_id, body=body, reported=reported)
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=422)
    except Refused as refused:
        return JsonResponse({"error": str(refused)}, status=409)
    return JsonResponse(outcome)


def _read(body: bytes) -> tuple[str, list[Reported]]:
    try:
        told: Any = json.loads(body)
        delivery, scores = told["delivery"], told["scores"]
        reported = [
            Reported(n, str(one["code"]), str(one["score"]), str(one["out_of"])) for n, one in enumerate(scores, 1)
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError('The body is {"delivery": …, "scores": [{"code", "score", "out_of"}, …]}.') from error
    if (
        not isinstance(delivery, str)
        or not 1 <= len(delivery) <= 100
        or "\x00" in delivery + "".join(one.code for one in reported)
    ):
        raise ValueError("A delivery has an id of 1 to 100 characters.")
    return delivery, reported
