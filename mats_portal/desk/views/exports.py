"""Files for staff: choose, count, have them written, take them."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.reauth import fresh_sign_in_required
from core.http import render_page
from core.policies import policy
from core.refusals import Refused
from mats_portal.desk.exports import domain, queries
from mats_portal.desk.exports.forms import ExportForm
from mats_portal.desk.exports.sets import CLASS_WORDS, SETS, ExportSet, data_classes
from mats_portal.desk.models import ExportFile, SavedExport
from streams.models import Cycle
from streams.queries.cycles import address_in, all_cycles
from streams.views.in_view import FIELD, cycle_in_view, cycle_of_form

TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@policy("desk.make_exports")
@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    """List one's own files of the last day, the sets, and saved choices."""
    files = queries.export_rows(request.user)
    context = {
        "files": files,
        "waiting": any(file.chip[0] == "wait" for file in files),
        "sets": SETS.values(),
        "saved": [
            {"row": row, "set": SETS[row.kind]} for row in queries.saved_exports_of(request.user) if row.kind in SETS
        ],
        "cycle": cycle_in_view(request),
    }
    return render_page(request, "desk/exports.html", "desk/exports_files.html", context)


@policy("desk.make_exports")
@fresh_sign_in_required
@require_http_methods(["GET", "POST"])
def export_new(request: HttpRequest) -> HttpResponse:
    """Choose filters and columns; then see how much of what it is; then have the file written."""
    kind = SETS.get(request.GET.get("set", "people"))
    if kind is None or not all_cycles():
        raise Http404
    cycle = cycle_of_form(request) if request.method == "POST" else cycle_in_view(request)
    assert cycle is not None  # there is one, and this person works on all
    if request.method == "GET":
        return _chooser(request, kind, cycle, _form(request, kind, cycle))
    form = _form(request, kind, cycle)
    if not form.is_valid():
        return _chooser(request, kind, cycle, form, status=422)
    if request.POST.get("act") != "make":
        return _checked(request, kind, cycle, form)
    chosen = form.cleaned_data
    try:
        export = domain.request_export(
            kind=kind.key,
            cycle=cycle,
            columns=chosen["columns"],
            filters=form.filters(),
            purpose=chosen["purpose"],
            file_format=chosen["file_format"],
            by=request.user,
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _chooser(request, kind, cycle, form, status=409)
    if chosen["save_as"]:
        domain.save_choice(kind=kind.key, name=chosen["save_as"], columns=chosen["columns"], by=request.user)
    return redirect(export.job)


@policy("desk.take_export", export=queries.exports_takeable_by)
@fresh_sign_in_required
@require_POST
def export_file(request: HttpRequest, export: ExportFile) -> FileResponse:
    """Hand out a file to its maker. By POST: taking it is written down."""
    file = domain.take_export(export=export, by=request.user)
    name = f"{export.kind}-{export.cycle.slug}-{export.ready_at:%Y%m%d-%H%M}.{export.file_format}"
    response = FileResponse(file, as_attachment=True, filename=name, content_type=TYPES[export.file_format])
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@policy("desk.make_exports", saved=queries.saved_exports_of)
@require_POST
def saved_export_remove(request: HttpRequest, saved: SavedExport) -> HttpResponse:
    """Forget a choice of columns."""
    domain.remove_choice(saved=saved, by=request.user)
    messages.success(request, f"The choice “{saved.name}” is forgotten.")
    return redirect("desk:exports")


def _form(request: HttpRequest, kind: ExportSet, cycle: Cycle) -> ExportForm:
    columns = kind.columns(cycle)
    if request.method == "POST":
        return ExportForm(request.POST, kind=kind, columns=columns, cycle=cycle, user=request.user)
    saved = queries.saved_exports_of(request.user).filter(public_id=request.GET.get("saved", "")[:30]).first()
    initial: dict[str, Any] = {name: request.GET.get(name, "")[:100] for name in kind.filters}
    # Without a choice of their own: nothing that says who it is.
    initial["columns"] = saved.columns if saved else [column.key for column in columns if not _reveals(column)][:10]
    return ExportForm(initial=initial, kind=kind, columns=columns, cycle=cycle, user=request.user)


def _reveals(column: Any) -> bool:
    return bool(CLASS_WORDS[column.data_class]) or column.key.startswith("answer-")


def _chooser(
    request: HttpRequest, kind: ExportSet, cycle: Cycle, form: ExportForm, *, status: int = 200
) -> HttpResponse:
    """Show the form, with the number of rows that there are."""
    asked = {name: str(form[name].value() or "") for name in kind.filters}
    context = {
        "kind": kind,
        "cycle": cycle,
        "form": form,
        "filters": [form[name] for name in kind.filters],
        "ticks": form.ticks(),
        "class_words": CLASS_WORDS,
        "n_rows": kind.rows(request.user, cycle, asked).count(),
        "errors_on_page": bool(form.errors),
    }
    return render(request, "desk/exports_new.html", context, status=status)


def _checked(request: HttpRequest, kind: ExportSet, cycle: Cycle, form: ExportForm) -> HttpResponse:
    """Say how much of what the file will hold, before it is made."""
    chosen = [column for column in form.offered if column.key in form.cleaned_data["columns"]]
    n_rows, classes = kind.rows(request.user, cycle, form.filters()).count(), data_classes(chosen)
    single = {name: value for name, value in form.cleaned_data.items() if name != "columns" and value}
    hidden = [{"name": name, "value": value} for name, value in single.items()]
    hidden += [{"name": "columns", "value": column.key} for column in chosen] + [{"name": "act", "value": "make"}]
    hidden += [{"name": FIELD, "value": cycle.public_id}]
    context = {
        "kind": kind,
        "cycle": cycle,
        "action": address_in(cycle, "desk:export_new", set=kind.key),
        "columns": chosen,
        "n_rows": n_rows,
        "classes": classes,
        "filters": [(form[name].label, value) for name, value in form.filters().items()],
        "purpose": form.cleaned_data["purpose"],
        "hidden": hidden,
        "file_format": form.cleaned_data["file_format"].upper(),
    }
    return render(request, "desk/exports_check.html", context)
