"""Staff pages about mail: what waits, what left, what nobody knows."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core import outbox, queries
from core.models import OutboxMail
from core.policies import policy
from core.states import MailState

ACTS = {"stop": outbox.stop, "send-again": outbox.send_again, "delivered": outbox.confirm_delivered}


@policy("core.view_outbox")
@require_safe
def outbox_page(request: HttpRequest) -> HttpResponse:
    """List mails by state."""
    state = request.GET.get("state") or None
    rows = queries.mail_rows(state)
    counts = queries.mail_counts()
    tabs = [
        {"value": value, "label": label, "count": counts[value], "current": value == state}
        for value, label in MailState.choices
    ]
    return render(
        request, "core/outbox.html", {"rows": rows, "tabs": tabs, "total": sum(counts.values()), "state": state}
    )


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
