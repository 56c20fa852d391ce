"""Admins give and take roles, close accounts and free people of a lost second factor."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain import access
from accounts.domain.grants import grant_role, revoke_role
from accounts.forms.access import GrantForm, ReasonForm
from accounts.models import RoleGrant, User
from accounts.queries import grants_visible_to, people_visible_to
from accounts.states import Role
from accounts.views.reauth import fresh_sign_in_required
from core import deadlines
from core.policies import policy
from core.refusals import Refused
from mats_portal.desk import roles


@policy("accounts.manage_roles")
@require_safe
def role_list(request: HttpRequest) -> HttpResponse:
    """List roles with filters, 50 a page; below, accounts without a role that fit the search."""
    asked = {key: request.GET.get(key, "")[:100].replace("\x00", "").strip() for key in ("q", "role", "show")}
    after = request.GET.get("after", "")
    rows = roles.grant_rows(
        request.user,
        q=asked["q"],
        role=asked["role"],
        over=asked["show"] == "ended",
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 18 else None,
    )
    more, rows = len(rows) > roles.PAGE, rows[: roles.PAGE]
    kept = {key: value for key, value in asked.items() if value}
    context = {
        "rows": rows,
        "others": roles.people_without_role(request.user, asked["q"]),
        "asked": asked,
        "roles": Role.choices,
        "next_query": urlencode({**kept, "after": rows[-1].pk}) if more else "",
    }
    return render(request, "desk/roles.html", context)


@policy("accounts.manage_roles")
@fresh_sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def role_new(request: HttpRequest) -> HttpResponse:
    """Give a role."""
    form = GrantForm(
        request.POST if request.method == "POST" else None,
        scopes=roles.scopes(),
        initial={"email": request.GET.get("email", "")[:254]},
    )
    status = 200
    if form.is_valid():
        typed = form.cleaned_data
        kind, _, key = typed["scope"].partition(":")
        try:
            grant_role(
                user=form.person,
                role=typed["role"],
                scope_kind=kind,
                scope=roles.scope_row(kind, key),
                expires_at=deadlines.instant(typed["ends_on"], None, "UTC") if typed["ends_on"] else None,
                by=request.user,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, "The role is given. The person signs in again to use it.")
            return redirect("desk:account", form.person.public_id)
    status = 422 if form.errors and status == 200 else status
    return render(request, "desk/role_new.html", {"form": form, "errors_on_page": bool(form.errors)}, status=status)


@policy("accounts.manage_roles", grant=grants_visible_to)
@fresh_sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def role_revoke(request: HttpRequest, grant: RoleGrant) -> HttpResponse:
    """Take a role back: GET says what follows, POST does it."""
    if request.method == "POST":
        revoke_role(grant=grant, by=request.user)
        messages.success(request, "The role is taken back, and the person is signed out everywhere.")
        return redirect("desk:account", grant.user.public_id)
    return render(request, "desk/role_revoke.html", {"row": roles.grant_row(grant)})


@policy("accounts.manage_roles", person=people_visible_to)
@require_safe
def account(request: HttpRequest, person: User) -> HttpResponse:
    """Show one account."""
    return render(
        request, "desk/account.html", {"account": roles.account_page(person), "is_own": person == request.user}
    )


@policy("accounts.manage_roles", person=people_visible_to)
@fresh_sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def suspend(request: HttpRequest, person: User) -> HttpResponse:
    """Close an account."""
    return _change(
        request,
        person,
        access.suspend_person,
        {
            "title": "Suspend",
            "button": "Suspend account",
            "danger": True,
            "consequences": [
                "The person is signed out everywhere and cannot sign in.",
                "Roles, applications and decisions stay as they are. You can reinstate the account.",
            ],
            "done": "The account is suspended, and the person is signed out everywhere.",
        },
    )


@policy("accounts.manage_roles", person=people_visible_to)
@fresh_sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def reinstate(request: HttpRequest, person: User) -> HttpResponse:
    """Open a suspended account again."""
    return _change(
        request,
        person,
        access.reinstate_person,
        {
            "title": "Reinstate",
            "button": "Reinstate account",
            "danger": False,
            "consequences": ["The person can sign in again and holds the same roles as before."],
            "done": "The account is open again.",
        },
    )


@policy("accounts.manage_roles", person=people_visible_to)
@fresh_sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def reset_factor(request: HttpRequest, person: User) -> HttpResponse:
    """Take a lost second factor away."""
    return _change(
        request,
        person,
        access.reset_second_factor,
        {
            "title": "Reset the second factor of",
            "button": "Reset second factor",
            "danger": True,
            "consequences": [
                "Their app, passkeys and recovery codes stop working, and they are signed out everywhere.",
                "They are told by mail. With a role they set up a new factor before they see a page.",
                "Make sure first, by voice or in person, that it is really them who asks.",
            ],
            "done": "The second factor is gone, and the person is signed out everywhere.",
        },
    )


def _change(
    request: HttpRequest, person: User, act: Callable[..., User], words: dict[str, str | bool | list[str]]
) -> HttpResponse:
    form = ReasonForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            act(user=person, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, str(words["done"]))
            return redirect("desk:account", person.public_id)
    status = 422 if form.errors and status == 200 else status
    context = {"person": person, "words": words, "form": form, "errors_on_page": bool(form.errors)}
    return render(request, "desk/account_change.html", context, status=status)
