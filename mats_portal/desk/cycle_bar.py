"""The line at the top of a page that says which cycle it is about, where there are several, and leads to the others."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from core import clock
from streams.models import Cycle
from streams.queries.cycles import PARAMETER, all_cycles, cycles_to_work_on, first_choice, query_for, standing

#: How an object says what it belongs to, from the nearest to the farthest.
OWNERS = (
    *("track", "stream", "application", "track_application", "batch", "run", "definition", "evaluation"),
    *("assignment", "proposal", "packet", "rubric", "case"),
)


@dataclass(frozen=True)
class CycleChoice:
    """One cycle to go to."""

    name: str
    standing: str
    url: str
    current: bool


@dataclass(frozen=True)
class CycleBar:
    """What the line says."""

    name: str
    standing: str
    is_public: bool
    choices: tuple[CycleChoice, ...]


def cycle_of(target: Any) -> int | None:
    """Return the cycle (primary key) that an object belongs to, or ``None`` where it belongs to none."""
    if isinstance(target, Cycle):
        return target.pk
    if found := getattr(target, "cycle_id", None):
        return found
    owner = next((name for name in OWNERS if getattr(target, f"{name}_id", None)), None)
    return cycle_of(getattr(target, owner)) if owner else None


def cycle_bar(request: HttpRequest, home: str) -> tuple[CycleBar | None, str]:
    """Return the line for the page in hand, and what its links add to stay with its cycle; ``home`` is a route.

    A page that is about no cycle has no line, and its links stay with the cycle that its address names.
    """
    cycles = cycles_to_work_on(request.user)
    if not cycles or cycles == [first_choice(all_cycles())]:
        return None, ""
    target = getattr(request, "policy_target", None)
    shown, is_list = getattr(request, "cycle_in_view", None), True
    if shown is None and target is not None:
        of_target, is_list = cycle_of(target), False
        shown = next((cycle for cycle in cycles if cycle.pk == of_target), None)
    if shown is None:
        named = next((cycle for cycle in cycles if cycle.code == request.GET.get(PARAMETER)), None)
        return None, query_for(named)
    today, here = clock.now().date(), request.path if is_list and target is None else reverse(home)
    choices = tuple(
        CycleChoice(
            cycle.name,
            standing(cycle, today),
            f"{here}?{query}" if (query := query_for(cycle)) else here,
            cycle == shown,
        )
        for cycle in cycles
    )
    return CycleBar(shown.name, standing(shown, today), shown.is_public_current, choices), query_for(shown)
