"""The door for mail services: signed reports of mails that came back."""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt  # see bounce_hook: its callers are machines with a signature
from django.views.decorators.http import require_POST

from applications.domain.bounces import Bounce, take_bounces
from core.hooks import is_signed
from core.policies import PUBLIC, policy

MAX_BODY = 256 * 1024
MAX_LINES = 500
SHAPE = 'The body is {"bounces": [{"message_id", "to", "permanent", "detail"}, …]}, at most 500 of them.'


@policy(PUBLIC)
@csrf_exempt  # A mail service has no session that a forged page could ride on; the signature is its proof.
@require_POST
def bounce_hook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take reports of a mail service, signed like those of providers of tests."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        return JsonResponse({"error": "The body is too large."}, status=413)
    body, header = request.body, request.headers.get("X-Signature", "")
    if not is_signed(secrets=settings.BOUNCE_HOOK_SECRETS, caller=provider, header=header, body=body):
        # One answer for an unknown service, a wrong signature and an old one: nothing to learn by trying.
        return JsonResponse({"error": "The signature is not valid."}, status=401)
    try:
        reported = _read(body)
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse(asdict(take_bounces(reported)))


def _read(body: bytes) -> list[Bounce]:
    try:
        lines: Any = json.loads(body)["bounces"]
        reported = [
            Bounce(_text(one["message_id"]), _text(one["to"]), one["permanent"], _text(one.get("detail", "")))
            for one in lines
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(SHAPE) from error
    if len(reported) > MAX_LINES or not all(isinstance(one.permanent, bool) for one in reported):
        raise ValueError(SHAPE)
    return reported


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("not a text")
    return value.encode("utf-8", "replace").decode().strip()[:400]
