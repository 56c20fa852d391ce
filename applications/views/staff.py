"""What staff do with one person's deadlines and referees; everything else about a person is in the desk."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from applications.domain.extensions import grant_extension
from applications.domain.references import bounce_reference, revoke_links
from applications.forms.extensions import ExtensionForm
from applications.models import Application, Reference
from applications.queries import applications_visible_to
from applications.queries.extensions import extension_page
from applications.queries.references import references_visible_to
from core.policies import policy
from core.refusals import Refused


@policy("applications.extend_deadline", application=applications_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def more_time(request: HttpRequest, application: Application) -> HttpResponse:
    """Show one person's deadlines; move one of them, with the reason."""
    form = ExtensionForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        data = form.cleaned_data
        try:
            row = grant_extension(
                application=application,
                window=data["window"],
                until=form.until(),
                reason=data["reason"],
                by=request.user,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
            status = 409
        else:
            messages.success(request, f"{row.get_window_display()}: moved. They are told by mail.")
            return redirect("applications:more_time", application=application.public_id)
    return render(
        request,
        "applications/more_time.html",
        {
            "application": application,
            "page": extension_page(application),
            "form": form,
            "errors_on_page": bool(form.errors),
        },
        status=422 if form.errors and status == 200 else status,
    )


@policy("applications.handle_references", referee=references_visible_to)
@require_POST
def reference_bounced(request: HttpRequest, referee: Reference) -> HttpResponse:
    """Record that our mail to a referee came back."""
    bounce_reference(reference=referee, by=request.user)
    messages.success(request, "Recorded. The applicant is told to check the address.")
    return redirect("desk:person", application=referee.application.public_id)


@policy("applications.handle_references", referee=references_visible_to)
@require_POST
def reference_new_link(request: HttpRequest, referee: Reference) -> HttpResponse:
    """Make the referee's links worthless and send a new one."""
    revoke_links(referee=referee.referee, by=request.user)
    messages.success(request, "The earlier links no longer work. A new one is on its way.")
    return redirect("desk:person", application=referee.application.public_id)
