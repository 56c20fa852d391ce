"""Staff pages about mail: what waits, what left, what nobody knows."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from core import outbox, queries
from core.models import OutboxMail
from core.policies import policy
from core.states import MailState

PAGE = 50
SETTLED = {"send_again": "will be sent again", "confirm_delivered": "taken as delivered"}
ACTS = {"stop": outbox.stop, "send-again": outbox.send_again, "delivered": outbox.confirm_delivered}


@policy("core.view_outbox")
@require_safe
def outbox_page(request: HttpRequest) -> HttpResponse:
    """List mails by state and by a part of the address or the subject, 50 a page."""
    state, q, before = (request.GET.get(name, "")[:100].replace("\x00", "") for name in ("state", "q", "before"))
    rows = queries.mail_rows(request.user, state or None, q=q, before=_number(before))
    counts = queries.mail_counts()
    tabs = [
        {"value": value, "label": label, "count": counts[value], "current": value == state}
        for value, label in MailState.choices
    ]
    asked = {name: value for name, value in (("state", state), ("q", q)) if value}
    context = {
        "rows": rows[:PAGE],
        "tabs": tabs,
        "total": sum(counts.values()),
        "state": state,
        "q": q,
        "older_query": urlencode(asked | {"before": rows[PAGE - 1].pk}) if len(rows) > PAGE else "",
        "kinds": queries.unknown_kinds() if state == MailState.UNKNOWN else [],
    }
    return render(request, "core/outbox.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


@policy("core.steer_outbox")
@require_POST
def settle_unknown(request: HttpRequest) -> HttpResponse:
    """Send again, or take as delivered, all mails of one kind whose fate is unknown."""
    act = request.POST.get("act", "")
    if act not in SETTLED:
        raise Http404
    n = outbox.settle_unknown(template=request.POST.get("template", "")[:200], act=act, by=request.user)
    messages.success(request, f"{n} mail{'' if n == 1 else 's'} {SETTLED[act]}.")
    return redirect(f"{reverse('core:outbox')}?state={MailState.UNKNOWN}")


@policy("core.view_outbox", mail=queries.mails_visible_to)
@require_safe
def mail(request: HttpRequest, mail: OutboxMail) -> HttpResponse:
    """Show one mail as it was, or will be, sent."""
    acts = [
        {"value": "stop", "label": "Stop this mail", "possible": mail.state in mail.MOVES.moves["stop"].sources},
        {
            "value": "send-again",
            "label": "Send it again",
            "possible": mail.state in mail.MOVES.moves["send_again"].sources,
        },
        {"value": "delivered", "label": "It did arrive", "possible": mail.state == MailState.UNKNOWN},
    ]
    return render(request, "core/mail.html", {"mail": mail, "acts": [act for act in acts if act["possible"]]})


@policy("core.steer_outbox", mail=queries.mails_visible_to)
@require_POST
def mail_act(request: HttpRequest, mail: OutboxMail, act: str) -> HttpResponse:
    """Stop a mail, send it again, or record that it arrived."""
    if act not in ACTS:
        raise Http404
    ACTS[act](mail=mail, by=request.user)
    messages.success(request, "Done. The mail's state has changed.")
    return redirect(mail)
