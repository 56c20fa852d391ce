"""The help: everybody reads and searches it, staff write it."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core.markdown import render as render_markdown
from core.policies import PUBLIC, policy
from core.refusals import Refused, Stale
from core.visitors import kept_for_visitors
from streams import queries
from streams.domain.help_entries import add_help_entry, change_help_entry, version_of
from streams.forms.help import HelpForm, NewHelpForm, typed_of
from streams.models import HelpEntry
from streams.queries.help import help_entries_visible_to, staff_help_lines
from streams.states import HelpStep

#: More words than this are no search.
LONGEST_SEARCH = 200


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def help_page(request: HttpRequest) -> HttpResponse:
    """List the help by chapter; with words, what they find."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    found, is_alike = queries.help_search(words)
    context = {"groups": queries.help_groups(), "words": words, "found": found, "is_alike": is_alike}
    return render(request, "streams/help.html", {**context, "contact": settings.SUPPORT_EMAIL})


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def help_entry(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one entry."""
    entry = queries.help_entry(slug)
    if entry is None:
        raise Http404
    others = [group for group in queries.help_groups() if entry.line in group.lines]
    return render(
        request,
        "streams/help_entry.html",
        {
            "entry": entry,
            "body": render_markdown(entry.body),
            "others": [line for group in others for line in group.lines if line != entry.line],
            "contact": settings.SUPPORT_EMAIL,
        },
    )


@policy(PUBLIC)
@require_safe
@kept_for_visitors
def help_step(request: HttpRequest, step: str) -> HttpResponse:
    """Show what there is about one step of the way."""
    if step not in HelpStep.values:
        raise Http404
    context = {"title": HelpStep(step).label, "lines": queries.help_for(step), "contact": settings.SUPPORT_EMAIL}
    return render(request, "streams/help_step.html", context)


@policy("streams.manage_help")
@require_safe
def help_list(request: HttpRequest) -> HttpResponse:
    """List every entry for staff, the hidden ones included."""
    return render(request, "streams/help_list.html", {"lines": staff_help_lines(request.user)})


@policy("streams.manage_help")
@require_http_methods(["GET", "HEAD", "POST"])
def help_new(request: HttpRequest) -> HttpResponse:
    """Add an entry."""
    typed = NewHelpForm(request.POST if request.method == "POST" else None, initial={"order": 100, "is_public": True})
    status = 200
    if typed.is_valid() and "preview" not in request.POST:
        try:
            entry = add_help_entry(slug=typed.cleaned_data["slug"], text=typed.text(), by=request.user)
        except Refused as refused:
            typed.add_error("slug", str(refused))
            status = 409
        else:
            messages.success(request, "The entry is saved.")
            return redirect("streams:help_edit", entry=entry.public_id)
    return _form_page(request, typed, None, status)


@policy("streams.manage_help", entry=help_entries_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def help_edit(request: HttpRequest, entry: HelpEntry) -> HttpResponse:
    """Change an entry, after a look at it if wanted."""
    if request.method != "POST":
        return _form_page(request, HelpForm(initial=typed_of(entry, version_of(entry))), entry, 200)
    typed, status = HelpForm(request.POST), 200
    if typed.is_valid() and "preview" not in request.POST:
        seen_at = typed.cleaned_data["seen_at"]
        try:
            change_help_entry(entry=entry, text=typed.text(), seen_at=seen_at, by=request.user)
        except Stale as late:
            # Who has read the other text below may replace it.
            posted = request.POST.copy()
            posted["seen_at"] = version_of(entry)
            typed, status = HelpForm(posted), 409
            typed.add_error(None, str(late))
        else:
            messages.success(request, "The entry is saved, and everybody reads it so from now on.")
            return redirect("streams:help_edit", entry=entry.public_id)
    return _form_page(request, typed, entry, status)


def _form_page(request: HttpRequest, typed: HelpForm, entry: HelpEntry | None, status: int) -> HttpResponse:
    body = typed.cleaned_data.get("body", "") if typed.is_bound else ""
    context = {
        "form": typed,
        "entry": entry,
        "preview": render_markdown(body),
        "is_changed_elsewhere": status == 409 and entry is not None,
        "errors_on_page": bool(typed.errors),
    }
    return render(request, "streams/help_edit.html", context, status=422 if typed.errors and status == 200 else status)
