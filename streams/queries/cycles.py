"""The cycles of the programme, and how the address of a page names the one that it is about."""

import copy
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.queries import has_role, held_grants
from accounts.states import Role, ScopeKind
from core.editions import kept
from streams.models import Cycle, Track

#: What names a cycle in an address, by its code; without it a page is about the public cycle.
PARAMETER = "cycle"


@kept
def _all_cycles() -> tuple[Cycle, ...]:
    return tuple(Cycle.objects.order_by("-programme_starts_on", "-pk"))


def all_cycles() -> list[Cycle]:
    """Return every cycle, the latest first."""
    # Copies: whoever gets a row may change it, and must not change it for others.
    return [copy.copy(cycle) for cycle in _all_cycles()]


def cycles_to_work_on(user: Any) -> list[Cycle]:
    """Return the cycles whose pages ``user`` works on: all for the programme's people, a lead's own otherwise."""
    cycles = all_cycles()
    if len(cycles) <= 1 or has_role(user, Role.STAFF, Role.ADMIN, Role.OBSERVER):
        return cycles
    of_track = _cycle_of_track()
    keys = {key for role, kind, key in held_grants(user) if (role, kind) == (Role.TRACK_LEAD, ScopeKind.TRACK)}
    own = {of_track[key] for key in keys & of_track.keys()}
    return [cycle for cycle in cycles if cycle.pk in own]


@kept
def _cycle_of_track() -> Mapping[str, int]:
    return MappingProxyType(dict(Track.objects.values_list("public_id", "cycle_id")))


def first_choice(cycles: list[Cycle]) -> Cycle | None:
    """Return the one of ``cycles`` that a page is about if nobody says which: the public one, else the latest."""
    return next((cycle for cycle in cycles if cycle.is_public_current), cycles[0] if cycles else None)


def query_for(cycle: Cycle | None) -> str:
    """Return what makes an address one of ``cycle``: ``cycle=26S``, or nothing where that goes without saying."""
    usual = first_choice(all_cycles())
    return "" if cycle is None or cycle == usual else urlencode({PARAMETER: cycle.code})


def address_in(cycle: Cycle | None, name: str, **query: str) -> str:
    """Return the address of the page ``name`` about ``cycle``, with what else it asks for."""
    asked = "&".join(part for part in (urlencode(query), query_for(cycle)) if part)
    return f"{reverse(name)}?{asked}" if asked else reverse(name)


def standing(cycle: Cycle, today: date) -> str:
    """Say in a few words where a cycle stands, for whoever chooses one."""
    if cycle.is_public_current:
        return "on the public site"
    if cycle.programme_ends_on < today:
        return f"ended {cycle.programme_ends_on:%-d %B %Y}"
    if cycle.programme_starts_on <= today:
        return f"in programme until {cycle.programme_ends_on:%-d %B %Y}"
    return "not public"
