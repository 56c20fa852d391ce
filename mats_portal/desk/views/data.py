"""One's own data: who reads it and who did, a copy of it, its deletion."""

from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.queries import is_fresh
from accounts.views.reauth import fresh_sign_in_required
from core.http import render_page
from core.policies import LOGIN, policy
from core.refusals import Refused
from mats_portal.desk.models import DeletionRequest, PersonCopy
from mats_portal.desk.privacy import copying, deleting, queries
from mats_portal.desk.privacy.correcting import correction_rows
from mats_portal.desk.privacy.forms import DeletionForm
from mats_portal.desk.privacy.holding import Treatment
from mats_portal.desk.privacy.registry import HOLDINGS


@policy(LOGIN)
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Show who can read each part, who did, the copies, and a deletion that waits."""
    page = queries.data_page(request.user)
    context = {"page": page, "corrections": correction_rows(page.application)}
    return render_page(request, "desk/data.html", "desk/_copies.html", context)


@policy(LOGIN)
@fresh_sign_in_required
@require_POST
def copy_new(request: HttpRequest) -> HttpResponse:
    """Ask for a copy of everything."""
    copying.request_copy(person=request.user, by=request.user)
    messages.success(request, "Your copy is being written. You get a mail when it is ready.")
    return redirect("desk:data")


@policy(LOGIN, copy=queries.copies_takeable_by)
@fresh_sign_in_required
@require_POST
def copy_file(request: HttpRequest, copy: PersonCopy) -> FileResponse:
    """Hand out a copy to its person. By POST: taking it is written down."""
    file = copying.take_copy(copy=copy, by=request.user)
    response = FileResponse(
        file, as_attachment=True, filename=f"my-data-{copy.requested_at:%Y-%m-%d}.zip", content_type="application/zip"
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@policy(LOGIN)
@fresh_sign_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays; take the request on POST."""
    if not is_fresh(get_authentication_records(request, request.user)):
        # Whoever signs in by a code has nothing to confirm with but a new sign-in.
        raise Refused("Sign out, sign in again and come back: this needs a sign-in from the last 15 minutes.")
    form = DeletionForm(request.POST if request.method == "POST" else None, address=request.user.email)
    reason = deleting.reason_to_wait(request.user)
    if form.is_valid():
        deleting.request_deletion(person=request.user, by=request.user)
        messages.success(request, "Your deletion is asked for. Until it is carried out you can take it back.")
        return redirect("desk:data")
    context = {
        "form": form,
        "errors_on_page": bool(form.errors),
        "reason": reason,
        "days": deleting.COOLING.days,
        "goes": [one for one in HOLDINGS if one.treatment is Treatment.DELETE and one.copied],
        "emptied": [one for one in HOLDINGS if one.treatment is Treatment.EMPTY],
        "stays": [one for one in HOLDINGS if one.treatment is Treatment.KEEP and one.copied],
        "deletion": queries.open_deletion(request.user),
    }
    return render(request, "desk/delete.html", context, status=422 if form.errors else 200)


@policy(LOGIN, deletion=queries.deletions_of)
@require_POST
def delete_cancel(request: HttpRequest, deletion: DeletionRequest) -> HttpResponse:
    """Take a request back."""
    deleting.cancel_deletion(request=deletion, by=request.user)
    messages.success(request, "The deletion is taken back. Nothing was deleted.")
    return redirect("desk:data")
