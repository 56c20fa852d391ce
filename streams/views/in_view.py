"""Which cycle a staff page is about: said by its address, and by every form that does something in a cycle."""

from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import redirect

from core.refusals import Refused
from streams.models import Cycle
from streams.queries.cycles import PARAMETER, address_in, all_cycles, cycles_to_work_on, first_choice

#: The hidden field in which a form names the cycle that it was shown for.
FIELD = "for_cycle"


def cycle_in_view(request: HttpRequest) -> Cycle | None:
    """Return the cycle that the address of a page for staff and leads names by its code, else the usual one.

    Another name is 404. What is done is never done in this cycle because it is in view: see `cycle_of_form`.
    """
    cycles = cycles_to_work_on(request.user)
    named = request.GET.get(PARAMETER, "")
    found = next((cycle for cycle in cycles if named in {cycle.code, cycle.slug}), None) if named else None
    if named and found is None:
        raise Http404
    chosen = found or first_choice(cycles)
    request.cycle_in_view = chosen  # type: ignore[attr-defined]  # the page's frame says which it is
    return chosen


def cycle_of_form(request: HttpRequest) -> Cycle:
    """Return the cycle that the form was shown for, whatever the address says and whatever is public by now.

    Raises ``Refused`` where it names none and there are several.
    """
    cycles = all_cycles()
    if not cycles:
        raise Http404
    named = request.POST.get(FIELD, "")
    found = next((cycle for cycle in cycles if cycle.public_id == named), None)
    if found is None and (named or len(cycles) > 1):
        raise Refused("This form does not say for which cycle it is. Load the page again and look at its cycle first.")
    found = found or cycles[0]
    request.cycle_in_view = found  # type: ignore[attr-defined]  # the page's frame says which it is
    return found


def redirect_in(cycle: Cycle | None, name: str) -> Any:
    """Go to the page ``name`` about ``cycle``."""
    return redirect(address_in(cycle, name))
