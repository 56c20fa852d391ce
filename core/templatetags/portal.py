"""Dates, deadlines and chips."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.urls import reverse

from core import clock, deadlines

register = template.Library()


def reader_zone(context: Any) -> str:
    """Return the reader's zone: the profile's, else UTC (script adds the browser's)."""
    user = getattr(context.get("request"), "user", None)
    return getattr(user, "timezone", "") or "UTC"


@register.inclusion_tag("components/_deadline.html", takes_context=True)
def deadline(context: Any, moment: datetime | None, zone: str = "UTC") -> dict[str, Any]:
    """Show an instant officially and in the reader's zone, with the time left under three days."""
    if moment is None:
        return {"official": None}
    shown, now, place = deadlines.Deadline(moment, zone), clock.now(), reader_zone(context)
    left = moment - now
    hours = int(left.total_seconds() // 3600)
    return {
        "moment": moment,
        "official": shown.official(),
        "is_past": left.total_seconds() <= 0,
        "local": "" if place == zone else shown.in_zone(place),
        "soon": 0 <= hours < 24,
        "left": f"{hours // 24} d {hours % 24} h left"
        if 24 <= hours < 72
        else f"{hours} h left"
        if 0 <= hours < 24
        else "",
    }


@register.simple_tag(takes_context=True)
def when(context: Any, moment: datetime | None) -> str:
    """Write an instant in the reader's zone: ``Wed 3 June 2026, 10:14 London``."""
    return deadlines.written(moment, reader_zone(context)) if moment else ""


@register.filter
def utc(moment: datetime | None) -> str:
    """Write an instant in UTC."""
    return deadlines.written(moment, "UTC") if moment else ""


@register.filter
def short(moment: datetime | None) -> str:
    """Write an instant in UTC for a narrow column: ``30 Jul 2026, 16:00``; the column's head names the zone."""
    if moment is None:
        return ""
    shown = moment.astimezone(UTC)
    return f"{shown.day} {shown:%b %Y, %H:%M}"


@register.filter
def openable(url: object) -> bool:
    """Say whether an address that somebody typed is one of the web, and nothing that a browser would run."""
    try:
        parts = urlsplit(str(url))
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


@register.filter
def day(moment: datetime | None) -> str:
    """Write the day of an instant: ``Wed 3 June``."""
    return f"{moment:%a} {moment.day} {moment:%B}" if moment else ""


@register.simple_tag(takes_context=True)
def in_cycle(context: Any, name: str, *args: Any) -> str:
    """Return the address of a page that stays with the cycle of the page in hand."""
    query = context["portal"].get("cycle_query", "")
    return f"{reverse(name, args=args)}?{query}" if query else reverse(name, args=args)


@register.inclusion_tag("components/_status_chip.html")
def chip(kind: str, text: str) -> dict[str, str]:
    """Show a state as glyph and words."""
    return {"kind": kind, "text": text}
