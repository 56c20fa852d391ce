"""The table of applications and one application as staff see it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.lookups import Unaccent
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q, QuerySet, Value

from applications.models import Application, StreamApplication, TrackApplication
from applications.queries import applications_visible_to
from applications.states import ApplicationState
from streams.models import Cycle

PAGE = 50
#: Names shown where none fits exactly, and how like they are at least: "Smitson" finds "Smithson".
N_ALIKE, ALIKE = 10, 0.5
#: What a line needs of its rows: whole rows of both tables cost as much again.
FIELDS = (
    *("pk", "public_id", "reference", "internal_state", "released_state", "submitted_at"),
    *("person__display_name", "person__email", "person__is_demo"),
)
STATES = dict(ApplicationState.choices)


@dataclass(frozen=True)
class PersonRow:
    """One line of the people table."""

    public_id: str
    pk: int
    reference: str
    name: str
    email: str
    is_demo: bool
    state: str
    released: str
    tracks: str
    streams: int
    submitted_at: datetime | None


def filtered(
    user: Any, *, cycle: Cycle | None = None, q: str = "", state: str = "", track: str = ""
) -> QuerySet[Application]:
    """Return the applications that ``user`` may see and that fit the filters; unknown values filter nothing.

    Without a ``cycle``, those of all cycles. Names fit with and without their accents.
    """
    rows = applications_visible_to(user)
    if cycle is not None:
        rows = rows.filter(cycle=cycle)
    if state in ApplicationState.values:
        rows = rows.filter(internal_state=state)
    if track:
        rows = rows.filter(pk__in=TrackApplication.objects.filter(track__slug=track).values("application_id"))
    if q:
        rows = rows.filter(
            Q(reference__icontains=q) | Q(person__display_name__unaccent__icontains=q) | Q(person__email__icontains=q)
        )
    return rows


def person_rows(user: Any, *, cycle: Cycle | None = None, after: int | None = None, **filters: str) -> list[PersonRow]:
    """Return up to one line more than a page, newest first; the extra line says that there is a next page."""
    rows = filtered(user, cycle=cycle, **filters).order_by("-pk")
    if after:
        rows = rows.filter(pk__lt=after)
    return _rows(rows.values_list(*FIELDS, named=True)[: PAGE + 1])


def alike_rows(user: Any, *, q: str, cycle: Cycle | None = None, **filters: str) -> list[PersonRow]:
    """Return those whose name is most like ``q``, the closest first: for names that are mistyped.

    Likeness is the share of letter triples in common (pg_trgm's word similarity). It is asked only where nothing
    fits exactly, and reads every name: no index helps, and staff search seldom.
    """
    named = filtered(user, cycle=cycle, **filters).annotate(
        likeness=TrigramWordSimilarity(Unaccent(Value(q)), Unaccent("person__display_name"))  # type: ignore[arg-type]  # stubs know texts only
    )
    close = named.filter(likeness__gte=ALIKE).order_by("-likeness", "-pk")
    return _rows(close.values_list(*FIELDS, named=True)[:N_ALIKE])


def _rows(rows: QuerySet[Application, Any]) -> list[PersonRow]:
    found = list(rows)
    of_page = {"application__in": [row.pk for row in found]}
    tracks = (
        TrackApplication.objects.filter(**of_page).order_by("track__order").values_list("application", "track__name")
    )
    names = defaultdict(list)
    for application, name in tracks:
        names[application].append(name)
    streams = Counter(StreamApplication.objects.filter(**of_page).values_list("application", flat=True))
    return [
        PersonRow(
            public_id=row.public_id,
            pk=row.pk,
            reference=row.reference,
            name=row.person__display_name or row.person__email,
            email=row.person__email,
            is_demo=row.person__is_demo,
            state=STATES[row.internal_state],
            released=STATES[row.released_state],
            tracks=", ".join(names[row.pk]),
            streams=streams[row.pk],
            submitted_at=row.submitted_at,
        )
        for row in found
    ]
