"""The help as everybody reads it, and as staff list it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import F, FloatField, Func, Q, QuerySet
from django.db.models.functions import Greatest

from accounts.queries import is_staff
from core.editions import kept
from streams.models import HelpEntry
from streams.states import HelpStep, HelpTopic

#: From here on a word is taken for a mistyped one.
ALIKE = 0.45
MOST_FOUND = 20


@dataclass(frozen=True)
class HelpLine:
    """One entry in a list."""

    slug: str
    url: str
    title: str
    summary: str
    topic: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class HelpText:
    """One entry as a page shows it."""

    line: HelpLine
    body: str
    updated_at: datetime


@dataclass(frozen=True)
class HelpGroup:
    """The entries of one topic."""

    title: str
    lines: tuple[HelpLine, ...]


@dataclass(frozen=True)
class StaffLine:
    """One entry in the list of staff."""

    public_id: str
    title: str
    topic: str
    steps: str
    is_public: bool
    updated_at: datetime


def help_groups() -> tuple[HelpGroup, ...]:
    """Return the public entries by topic, in the order of the way."""
    lines = [text.line for text in _public().values()]
    found = ((topic, tuple(line for line in lines if line.topic == topic)) for topic in HelpTopic.values)
    return tuple(HelpGroup(str(HelpTopic(topic).label), rows) for topic, rows in found if rows)


def help_entry(slug: str) -> HelpText | None:
    """Return one public entry, or ``None``."""
    return _public().get(slug)


def help_for(step: str) -> tuple[HelpLine, ...]:
    """Return the entries to which the pages of one step lead."""
    return tuple(text.line for text in _public().values() if step in text.line.steps)


def help_search(words: str) -> tuple[list[HelpLine], bool]:
    """Return the entries that ``words`` find, best first, and whether that was by words that only look alike."""
    if not words.strip():
        return [], False
    public = HelpEntry.objects.filter(is_public=True)
    query = SearchQuery(words, search_type="websearch", config="english")
    exact = public.filter(Q(search_vector=query) | Q(title__icontains=words) | Q(body__icontains=words))
    found = list(exact.annotate(rank=SearchRank(F("search_vector"), query)).order_by("-rank", "order")[:MOST_FOUND])
    if found:
        return [_line(entry) for entry in found], False
    text = Func(F("title"), F("summary"), F("body"), function="concat_ws", template="concat_ws(' ', %(expressions)s)")
    alike = public.annotate(
        likeness=Greatest(
            TrigramWordSimilarity(words, "title"), TrigramWordSimilarity(words, text), output_field=FloatField()
        )
    )
    rows = alike.filter(likeness__gte=ALIKE).order_by("-likeness", "order")[:MOST_FOUND]
    return [_line(entry) for entry in rows], True


def help_entries_visible_to(user: Any) -> QuerySet[HelpEntry]:
    """Return the entries that ``user`` may change: all of them for staff."""
    return HelpEntry.objects.all() if user.is_authenticated and is_staff(user) else HelpEntry.objects.none()


def staff_help_lines(user: Any) -> list[StaffLine]:
    """Return every entry, the hidden ones included, in the order in which the page groups them."""
    rows = sorted(help_entries_visible_to(user), key=lambda row: (HelpTopic.values.index(row.topic), row.order))
    return [
        StaffLine(
            row.public_id,
            row.title,
            str(HelpTopic(row.topic).label),
            ", ".join(str(HelpStep(step).label) for step in row.steps if step in HelpStep.values),
            row.is_public,
            row.updated_at,
        )
        for row in rows
    ]


@kept
def _public() -> Mapping[str, HelpText]:
    rows = HelpEntry.objects.filter(is_public=True).order_by("order", "title")
    return MappingProxyType({row.slug: HelpText(_line(row), row.body, row.updated_at) for row in rows})


def _line(row: HelpEntry) -> HelpLine:
    return HelpLine(row.slug, row.get_absolute_url(), row.title, row.summary, row.topic, tuple(row.steps))
