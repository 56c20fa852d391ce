"""A page twin for every mail the person got, and what happened to their application."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from applications.queries import current_application
from applications.queries.own_history import own_history
from core.models import OutboxMail
from core.policies import LOGIN, policy
from core.queries import own_messages


@policy(LOGIN)
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """List the person's messages, newest first."""
    page = Paginator(own_messages(request.user), 25).get_page(request.GET.get("page"))
    return render(request, "applications/messages.html", {"page": page})


@policy(LOGIN, mail=own_messages)
@require_safe
def message(request: HttpRequest, mail: OutboxMail) -> HttpResponse:
    """Show one message as it was sent."""
    return render(request, "applications/message.html", {"mail": mail})


@policy(LOGIN)
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Show what happened to the person's application: what they did, and what was sent to them."""
    application = current_application(request.user)
    if application is None:
        return redirect("desk:dashboard")
    page = Paginator(own_history(application), 50).get_page(request.GET.get("page"))
    return render(request, "applications/history.html", {"application": application, "page": page})
