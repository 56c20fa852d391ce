"""Staff pages about who is close to whom: hints to decide on, what is on record, and lists of co-authors."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core import jobs
from core.policies import policy
from reviews.domain import conflicts as domain
from reviews.forms.conflicts import CoAuthorForm
from reviews.models import ConflictHint
from reviews.queries import closeness
from streams.queries.cycles import all_cycles
from streams.views.in_view import cycle_in_view, cycle_of_form

ON_A_PAGE = 100


@policy("reviews.manage_conflicts")
@require_safe
def conflict_list(request: HttpRequest) -> HttpResponse:
    """List what waits to be looked at, and the conflicts on record (``q``: part of a name)."""
    return _page(request, CoAuthorForm())


def _page(request: HttpRequest, form: CoAuthorForm, status: int = 200) -> HttpResponse:
    search = request.GET.get("q", "")[:100].replace("\x00", "").strip()
    hints = Paginator(closeness.open_hints(request.user), ON_A_PAGE).get_page(request.GET.get("hints"))
    recorded = Paginator(closeness.recorded_conflicts(request.user, search), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "cycle": cycle_in_view(request),
        "hints": hints,
        "recorded": recorded,
        "search": search,
        "form": form,
        "running": closeness.running_search(),
        "errors_on_page": bool(form.errors),
    }
    return render(request, "reviews/staff_conflicts.html", context, status=status)


@policy("reviews.manage_conflicts")
@require_POST
def conflict_search(request: HttpRequest) -> HttpResponse:
    """Look through the people of the cycle that the page showed for some who may be close."""
    if not all_cycles():
        return redirect("reviews:staff_conflicts")
    cycle = cycle_of_form(request)
    running = closeness.running_search()
    return redirect(running or jobs.start("reviews.find_conflicts", by=request.user, cycle_id=cycle.pk))


@policy("reviews.manage_conflicts")
@require_POST
def co_authors(request: HttpRequest) -> HttpResponse:
    """Take a reviewer's list of co-authors; it counts from the next search on."""
    form = CoAuthorForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    reviewer = form.cleaned_data["reviewer"]
    n = domain.replace_co_authors(reviewer=reviewer, people=form.cleaned_data["file"], by=request.user)
    messages.success(request, f"{n} co-authors of {reviewer} are kept. Search for conflicts to use them.")
    return redirect("reviews:staff_conflicts")


@policy("reviews.decide_hint", hint=closeness.hints_visible_to)
@require_POST
def hint_decide(request: HttpRequest, hint: ConflictHint) -> HttpResponse:
    """Say whether two people are close (``act``)."""
    if request.POST.get("act") == "confirm":
        domain.confirm_hint(hint=hint, by=request.user)
        messages.success(request, "Recorded. What either had to judge of the other has left their table.")
    else:
        domain.dismiss_hint(hint=hint, by=request.user)
        messages.success(request, "Noted: no conflict. It is not asked again.")
    return redirect("reviews:staff_conflicts")
