"""Cycles: the list of them, and a new one from an earlier one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core.policies import policy
from core.refusals import Refused
from mats_portal.desk import cycles as pages
from mats_portal.desk.catalogue.copying import request_copy


@policy("desk.manage_cycles")
@require_safe
def cycles(request: HttpRequest) -> HttpResponse:
    """List the cycles."""
    return render(request, "desk/cycles.html", {"rows": pages.cycle_rows()})


@policy("desk.manage_cycles")
@require_http_methods(["GET", "HEAD", "POST"])
def cycle_copy(request: HttpRequest) -> HttpResponse:
    """Ask for a copy of a cycle; a job makes it."""
    form = pages.NewCycleForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            return redirect(request_copy(source=form.cleaned_data["source"], new=form.new(), by=request.user))
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
    status = 422 if form.errors and status == 200 else status
    return render(request, "desk/cycle_copy.html", {"form": form, "errors_on_page": bool(form.errors)}, status=status)
