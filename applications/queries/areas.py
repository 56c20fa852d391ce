"""Which areas of streams people chose: by what area they are found, and by which criteria they are scored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import Coalesce

from applications.models import StreamApplication
from applications.states import LIVE_STREAM, StreamApplicationState
from core.editions import kept
from streams.models import StreamArea

#: A stream that is over was chosen all the same.
CHOSEN = sorted({*LIVE_STREAM, StreamApplicationState.CLOSED})


@dataclass(frozen=True)
class AreaName:
    """One area of a stream; ``key`` is how an address names it: the stream's slug and the area's code."""

    key: str
    stream: str
    title: str

    @property
    def label(self) -> str:
        """What it is called where streams are mixed."""
        return f"{self.stream}: {self.title}"


@kept
def area_names() -> Mapping[int, AreaName]:
    """Return all areas by primary key, in the order of streams and of their areas."""
    rows = StreamArea.objects.order_by("stream__title", "order").values_list(
        "pk", "stream__slug", "code", "stream__title", "title"
    )
    return MappingProxyType({pk: AreaName(f"{slug}/{code}", stream, title) for pk, slug, code, stream, title in rows})


def areas_chosen(application_id: int) -> frozenset[tuple[str, str]]:
    """Return the areas, as (slug of the stream, code), that one application hands in for, in one query."""
    rows = StreamApplication.areas.through.objects.filter(
        streamapplication__application=application_id, streamapplication__internal_state__in=CHOSEN
    )
    return frozenset(rows.values_list("streamarea__stream__slug", "streamarea__code"))


def chosen_by_application(*paths: str) -> ArraySubquery:
    """Return the areas (primary keys) that an application hands in for; ``paths`` lead to it, the first that is set."""
    application = Coalesce(*map(OuterRef, paths)) if len(paths) > 1 else OuterRef(paths[0])
    rows = StreamApplication.areas.through.objects.filter(
        streamapplication__application=application, streamapplication__internal_state__in=CHOSEN
    )
    return ArraySubquery(rows.values("streamarea_id"))


def chosen_in_stream() -> ArraySubquery:
    """Return the areas (primary keys) that a stream application chose."""
    rows = StreamApplication.areas.through.objects.filter(streamapplication=OuterRef("pk"))
    return ArraySubquery(rows.values("streamarea_id"))


@dataclass(frozen=True)
class AreaChip:
    """One link of a filter by area; an empty ``key`` is that of everybody."""

    key: str
    label: str
    n: int
    on: bool


def area_chips(chosen: Iterable[Iterable[int]], wanted: str, *, all_words: str, one_stream: bool) -> list[AreaChip]:
    """Return the areas to filter by with how many chose each; none where nobody chose any.

    ``chosen`` are the areas (primary keys) of each line, ``wanted`` the key of the one that is shown.
    """
    lines = [set(line) for line in chosen]
    names = {pk: name for pk, name in area_names().items() if any(pk in line for line in lines)}
    if not names:
        return []
    return [
        AreaChip("", all_words, len(lines), on=wanted not in {name.key for name in names.values()}),
        *(
            AreaChip(
                name.key,
                name.title if one_stream else name.label,
                sum(pk in line for line in lines),
                on=name.key == wanted,
            )
            for pk, name in names.items()
        ),
    ]


def area_called(key: str) -> int | None:
    """Return the area (primary key) that an address names, or ``None``."""
    return next((pk for pk, name in area_names().items() if name.key == key), None)
