"""The public catalogue: facets with counts, search, daily order, one page of cards. A constant number of queries.

Facets are counted in Python over one row for each stream: OR inside a facet, AND between facets, and each option
is counted under all other facets, which is several queries in SQL and a few milliseconds here.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet

from core import clock
from core.editions import kept
from questions.queries import minutes_of
from streams.models import Agreement, Cycle, ResearchArea, Stream, StreamMentor, Track
from streams.queries.cards import StreamCard, stream_cards
from streams.queries.searching import search, search_alike
from streams.states import PUBLIC_STATES, AffiliationType, DataSensitivity, Frequency, InPerson, SelectionMode

PER_PAGE = 24
SORTS = {"shuffle": "Shuffled today", "title": "By title", "relevance": "By relevance"}
REPLY = (("12", "within 12 hours", 12), ("24", "within a day", 24), ("48", "within 2 days", 48))
EFFORT = (
    ("short", "up to 20 minutes", 0, 20),
    ("middle", "21 to 30 minutes", 21, 30),
    ("long", "over 30 minutes", 31, 999),
)
YES_NO = {"yes": "Agreement to sign", "no": "No agreement"}
#: A mentor whose catalogue entry does not say where they work.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Choices:
    """What a visitor chose: words, values by facet, order; and what was not understood."""

    words: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Option:
    """One value of a facet."""

    value: str
    label: str
    count: int
    checked: bool


@dataclass(frozen=True)
class Facet:
    """One group of the filter."""

    name: str
    label: str
    options: tuple[Option, ...]

    @property
    def is_open(self) -> bool:
        """Whether the group is unfolded: the first one, and those in which something is chosen."""
        return self.name == "track" or any(option.checked for option in self.options)


@dataclass(frozen=True)
class Chip:
    """A choice that can be taken back: its label, and the address without it."""

    label: str
    url: str
    remove: bool = True
    on: bool = False


@dataclass(frozen=True)
class CataloguePage:
    """Everything the catalogue page shows."""

    total: int
    found: int
    facets: tuple[Facet, ...]
    chips: tuple[Chip, ...]
    cards: tuple[StreamCard, ...]
    page: Page
    sort: str
    query: str
    unknown: tuple[str, ...]
    without: Chip | None
    n_without: int
    #: Whether what is shown only looks like the words: they occur nowhere.
    is_alike: bool = False


@dataclass(frozen=True)
class _Row:
    pk: int
    public_id: str
    title: str
    values: dict[str, frozenset[str]]
    rank: float = 0.0


def catalogue_page(cycle: Cycle, choices: Choices, *, page: str = "1") -> CataloguePage:
    """Return the page of the cycle's public streams that fits ``choices``."""
    public = _everything(cycle.pk)
    labels, everything = public.labels, public.rows
    values, unknown = _known(choices, labels)
    rows, is_alike = _found(cycle, choices.words, everything)
    fitting = [row for row in rows if _fits(row, values)]
    sort = choices.sort if choices.sort in SORTS else "relevance" if choices.words else "shuffle"
    shown = Paginator(_ordered(fitting, sort, clock.today()), PER_PAGE).get_page(page)
    active = _Active(choices.words, values, labels, sort if choices.sort in SORTS else "")
    without, n_without = (None, 0) if fitting else _least_restrictive(rows, everything, active)
    return CataloguePage(
        total=len(everything),
        found=len(fitting),
        facets=_facets(rows, values, labels),
        chips=active.chips(),
        cards=tuple(public.cards[row.pk] for row in shown.object_list),
        page=shown,
        sort=sort,
        query=active.query(),
        unknown=unknown,
        without=without,
        n_without=n_without,
        is_alike=is_alike,
    )


def _public(cycle: Cycle) -> QuerySet[Stream]:
    return Stream.objects.filter(cycle=cycle, state__in=PUBLIC_STATES)


def _found(cycle: Cycle, words: str, rows: Sequence[_Row]) -> tuple[Sequence[_Row], bool]:
    """Return those of ``rows`` that the words find, with their ranks (without words all), and whether by likeness."""
    if not words.strip():
        return rows, False
    ranks, is_alike = search(_public(cycle), words), False
    if not ranks:
        ranks, is_alike = search_alike(_public(cycle), words), True
    return [replace(row, rank=ranks[row.pk]) for row in rows if row.pk in ranks], is_alike and bool(ranks)


@dataclass(frozen=True)
class _Everything:
    """All public streams of a cycle, as rows for the filter and as cards for the list."""

    labels: Mapping[str, tuple[str, dict[str, str]]]
    rows: tuple[_Row, ...]
    cards: Mapping[int, StreamCard]


@kept
def _everything(cycle_id: int) -> _Everything:
    cycle = Cycle.objects.get(pk=cycle_id)
    rows = _rows(cycle)
    cards = stream_cards([row.pk for row in rows])
    return _Everything(_labels(cycle), rows, {row.pk: card for row, card in zip(rows, cards, strict=True)})


def _rows(cycle: Cycle) -> tuple[_Row, ...]:
    streams = (
        _public(cycle)
        .annotate(
            track_slugs=ArrayAgg("tracks__slug", distinct=True, default=[]),
            topic_slugs=ArrayAgg("research_areas__slug", distinct=True, default=[]),
            frequencies=ArrayAgg("cadences__frequency", distinct=True, default=[]),
            # Apart: a further join would multiply the rows of the three above.
            mentor_kinds=ArraySubquery(
                StreamMentor.objects.filter(stream=OuterRef("pk"))
                .order_by()
                .values("mentor__affiliation_type")
                .distinct()
            ),
            has_agreement=Exists(Agreement.objects.filter(stream=OuterRef("pk"))),
        )
        .select_related("site")
        .only(
            "public_id",
            "title",
            "selection_mode",
            "in_person",
            "reply_hours",
            "form_id",
            "data_sensitivity",
            "site__slug",
        )
        .order_by()
    )
    everything = list(streams)
    minutes = minutes_of({stream.form_id for stream in everything if stream.form_id})
    return tuple(_row(stream, minutes) for stream in everything)


def _row(stream: Any, minutes: dict[int, int]) -> _Row:
    effort = minutes.get(stream.form_id, 0)
    hours = stream.reply_hours
    return _Row(
        pk=stream.pk,
        public_id=stream.public_id,
        title=stream.title,
        values={
            "track": frozenset(filter(None, stream.track_slugs)),
            "area": frozenset(filter(None, stream.topic_slugs)),
            "mode": frozenset({stream.selection_mode}),
            "in_person": frozenset({stream.in_person}),
            "place": frozenset({stream.site.slug} if stream.site else {"anywhere"}),
            "meets": frozenset(filter(None, stream.frequencies)),
            "reply": frozenset(value for value, _, limit in REPLY if hours is not None and hours <= limit),
            "mentors": frozenset(kind or UNKNOWN for kind in stream.mentor_kinds),
            "data": frozenset({stream.data_sensitivity}),
            "agreement": frozenset({"yes" if stream.has_agreement else "no"}),
            "effort": frozenset(value for value, _, low, high in EFFORT if low <= effort <= high),
        },
    )


def _labels(cycle: Cycle) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the facets in their order: name -> (label, value -> label). Only these are understood."""
    topics = ResearchArea.objects.filter(streams__cycle=cycle).distinct().order_by("name")
    return {
        "track": ("Track", dict(Track.objects.filter(cycle=cycle).order_by("order").values_list("slug", "name"))),
        "area": ("Area", dict(topics.values_list("slug", "name"))),
        "mode": ("How projects are set", {value: str(label) for value, label in SelectionMode.choices}),
        "in_person": ("In person", {value: str(label) for value, label in InPerson.choices}),
        "place": ("Place", {**dict(cycle.sites.order_by("name").values_list("slug", "name")), "anywhere": "Anywhere"}),
        "meets": ("Meetings", {value: str(label).capitalize() for value, label in Frequency.choices}),
        "reply": ("Reply time", {value: label.capitalize() for value, label, _ in REPLY}),
        "mentors": (
            "Mentors work at",
            {**{value: str(label) for value, label in AffiliationType.choices}, UNKNOWN: "Not stated"},
        ),
        "data": ("Data", {value: str(label) for value, label in DataSensitivity.choices}),
        "agreement": ("Agreement", YES_NO),
        "effort": ("Time to apply", {value: label.capitalize() for value, label, _, _ in EFFORT}),
    }


def _known(
    choices: Choices, labels: Mapping[str, tuple[str, dict[str, str]]]
) -> tuple[dict[str, frozenset[str]], tuple[str, ...]]:
    """Split what was chosen into what the facets know and what is to be named as unknown."""
    values: dict[str, frozenset[str]] = {}
    unknown = list(choices.unknown)
    for name, chosen in choices.values.items():
        known = labels.get(name, ("", {}))[1]
        unknown += [f"{name}={value}" for value in chosen if value not in known]
        if kept := frozenset(chosen) & known.keys():
            values[name] = kept
    if choices.sort and choices.sort not in SORTS:
        unknown.append(f"sort={choices.sort}")
    return values, tuple(unknown)


def _fits(row: _Row, values: Mapping[str, frozenset[str]], *, but: str = "") -> bool:
    return all(row.values[name] & chosen for name, chosen in values.items() if name != but)


def _facets(
    rows: Sequence[_Row], values: Mapping[str, frozenset[str]], labels: Mapping[str, tuple[str, dict[str, str]]]
) -> tuple[Facet, ...]:
    facets = []
    for name, (label, known) in labels.items():
        counts = dict.fromkeys(known, 0)
        for row in rows:
            if _fits(row, values, but=name):
                for value in row.values[name]:
                    if value in counts:
                        counts[value] += 1
        chosen = values.get(name, frozenset())
        options = tuple(
            Option(value, text, counts[value], value in chosen)
            for value, text in known.items()
            if counts[value] or value in chosen
        )
        if options:
            facets.append(Facet(name, label, options))
    return tuple(facets)


def _ordered(rows: Sequence[_Row], sort: str, day: date) -> list[_Row]:
    if sort == "title":
        return sorted(rows, key=lambda row: row.title.casefold())
    # A new order each day, the same for everybody: no stream gains from its name.
    shuffled = sorted(rows, key=lambda row: hashlib.blake2b(f"{day}{row.public_id}".encode(), digest_size=8).digest())
    return sorted(shuffled, key=lambda row: -row.rank) if sort == "relevance" else shuffled


@dataclass(frozen=True)
class _Active:
    """The choices in force, and the addresses with one of them taken away."""

    words: str
    values: Mapping[str, frozenset[str]]
    labels: Mapping[str, tuple[str, dict[str, str]]]
    sort: str

    def query(self, *, without: tuple[str, str] = ("", "")) -> str:
        name_out, value_out = without
        pairs = [("q", self.words)] if self.words and name_out != "q" else []
        pairs += [
            (name, value)
            for name, chosen in self.values.items()
            for value in sorted(chosen)
            if not (name == name_out and value_out in {value, ""})
        ]
        return urlencode(pairs + ([("sort", self.sort)] if self.sort else []))

    def chips(self) -> tuple[Chip, ...]:
        chips = [Chip(f"“{self.words}”", f"?{self.query(without=('q', ''))}")] if self.words else []
        chips += [
            Chip(self.labels[name][1][value], f"?{self.query(without=(name, value))}")
            for name, chosen in self.values.items()
            for value in sorted(chosen)
        ]
        return tuple(chips)


def _least_restrictive(rows: Sequence[_Row], everything: Sequence[_Row], active: _Active) -> tuple[Chip | None, int]:
    """Return the one choice whose removal finds most, and how many."""
    found: list[tuple[int, Chip]] = []
    for name in active.values:
        n_found = sum(_fits(row, active.values, but=name) for row in rows)
        found.append((n_found, Chip(active.labels[name][0], f"?{active.query(without=(name, ''))}")))
    if active.words:
        n_found = sum(_fits(row, active.values) for row in everything)
        found.append((n_found, Chip(f"“{active.words}”", f"?{active.query(without=('q', ''))}")))
    best, chip = max(found, key=lambda pair: pair[0], default=(0, None))
    return (chip, best) if best else (None, 0)


def choices_from(parameters: Iterable[tuple[str, list[str]]]) -> Choices:
    """Read the parameters of an address; what is no facet is kept to be named."""
    facets = {"track", "area", "mode", "in_person", "place", "meets", "reply", "mentors", "data", "agreement", "effort"}
    words, sort, values, unknown = "", "", {}, []
    for name, given in parameters:
        clean = [value.replace("\x00", "").strip()[:200] for value in given]
        if name == "q":
            words = clean[-1] if clean else ""
        elif name == "sort":
            sort = clean[-1] if clean else ""
        elif name in facets:
            values[name] = tuple(dict.fromkeys(filter(None, clean)))[:50]
        elif name not in {"page", "s"}:
            unknown.append(name[:60])
    return Choices(words=words, values=values, sort=sort, unknown=tuple(unknown[:10]))
