"""Staff look at forms, make and test drafts, and publish them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.domain.form_moves import move_drafts
from core.policies import policy
from core.refusals import Refused
from mats_portal.desk import form_pages
from mats_portal.desk.personas import PERSONAS, persona
from mats_portal.desk.self_test import findings, report
from questions.domain.drafts import change_draft, discard_draft, start_draft
from questions.domain.forms import publish_version
from questions.models import Form, FormVersion
from questions.queries import forms_visible_to
from questions.states import FormState


@policy("desk.manage_forms")
@require_safe
def form_list(request: HttpRequest) -> HttpResponse:
    """List the forms with the version in force."""
    return render(request, "desk/forms.html", {"rows": form_pages.form_rows(request.user)})


@policy("desk.manage_forms", form=forms_visible_to)
@require_safe
def form_page(request: HttpRequest, form: Form) -> HttpResponse:
    """Show the versions of one form."""
    rows = form_pages.version_rows(form)
    has_draft = any(row.state == FormState.DRAFT.label for row in rows)
    return render(request, "desk/form.html", {"form_row": form, "rows": rows, "has_draft": has_draft})


@policy("desk.manage_forms", form=forms_visible_to)
@require_POST
def form_draft(request: HttpRequest, form: Form) -> HttpResponse:
    """Begin a draft, or go to the one that exists."""
    version = start_draft(form=form, by=request.user)
    return redirect("desk:form_version", form.public_id, version.number)


def _version(form: Form, number: int) -> FormVersion:
    version = form.versions.select_related("form").filter(number=number).first()
    if version is None:
        raise Http404
    return version


@policy("desk.manage_forms", form=forms_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def version_page(request: HttpRequest, form: Form, number: int) -> HttpResponse:
    """Show one version; a draft can be changed."""
    version = _version(form, number)
    if version.state != FormState.DRAFT and request.method == "POST":
        raise Refused("This version was published and never changes. Make a draft to change something.")
    typed = form_pages.DraftForm(request.POST if request.method == "POST" else None, version=version)
    if typed.is_valid():
        try:
            change_draft(version=version, sections=typed.sections(), items=typed.changes(), by=request.user)
        except Refused as refusal:
            typed.add_error(None, str(refusal))
        else:
            messages.success(request, "The draft is saved. Nobody fills it in before it is published.")
            return redirect("desk:form_version", form.public_id, number)
    context = {
        "form_row": form,
        "version": version,
        "is_draft": version.state == FormState.DRAFT,
        "form": typed,
        "lines": form_pages.item_lines(version),
        "errors_on_page": bool(typed.errors),
    }
    return render(request, "desk/form_version.html", context, status=422 if typed.errors else 200)


@policy("desk.manage_forms", form=forms_visible_to)
@require_safe
def version_preview(request: HttpRequest, form: Form, number: int) -> HttpResponse:
    """Show a version as one of five made-up people fills it in."""
    version, person = _version(form, number), persona(request.GET.get("as", ""))
    context = {
        "form_row": form,
        "version": version,
        "person": person,
        "personas": PERSONAS,
        "sections": form_pages.preview(version, person),
    }
    return render(request, "desk/form_preview.html", context)


@policy("desk.manage_forms", form=forms_visible_to)
@require_safe
def version_test(request: HttpRequest, form: Form, number: int) -> HttpResponse:
    """Run the self-test and show what it found."""
    version = _version(form, number)
    return render(request, "desk/form_test.html", {"form_row": form, "version": version, **_tested(version)})


def _tested(version: FormVersion) -> dict[str, object]:
    checks = report(version)
    return {
        "checks": checks,
        "is_green": not any(check.findings for check in checks),
        "n": sum(check.n for check in checks),
        "n_ok": sum(check.n_ok for check in checks),
    }


@policy("desk.manage_forms", form=forms_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def version_publish(request: HttpRequest, form: Form, number: int) -> HttpResponse:
    """Say what publishing changes and for whom; do it on POST."""
    version = _version(form, number)
    if request.method == "POST":
        publish_version(version=version, by=request.user, test=findings)
        moved = move_drafts(form=form, by=request.user) if request.POST.get("move") == "yes" else 0
        messages.success(
            request,
            f"Version {number} is what people fill in from now on."
            + (f" {moved} drafts were moved to it, and each person sees what changed." if moved else ""),
        )
        return redirect("desk:form", form.public_id)
    context = {
        "form_row": form,
        "version": version,
        "is_draft": version.state == FormState.DRAFT,
        "n_begun": form_pages.begun_before(form),
        **_tested(version),
    }
    return render(request, "desk/form_publish.html", context)


@policy("desk.manage_forms", form=forms_visible_to)
@require_POST
def version_discard(request: HttpRequest, form: Form, number: int) -> HttpResponse:
    """Throw a draft away."""
    discard_draft(version=_version(form, number), by=request.user)
    messages.success(request, f"Draft {number} is thrown away.")
    return redirect("desk:form", form.public_id)
