"""The read model of a comparison of streams."""

from dataclasses import dataclass
from urllib.parse import urlencode

from questions.queries import minutes_of
from streams.models import Stream
from streams.queries.cards import meetings_of, place_of, reply_of
from streams.states import PUBLIC_STATES, RequirementKind

MAX_COMPARED = 4


@dataclass(frozen=True)
class ComparedRow:
    """One line of a comparison."""

    label: str
    equal: bool
    cells: list[dict[str, str]]


@dataclass(frozen=True)
class ComparePage:
    """Up to four streams side by side."""

    heads: list[dict[str, str]]
    rows: list[ComparedRow]
    #: Rows that are equal for all, shown or not.
    n_equal: int = 0
    #: The streams as the address names them.
    query: str = ""


def compare_page(slugs: list[str], *, only_differences: bool = False) -> ComparePage:
    """Return up to four public streams side by side; rows that are equal for all are marked, or left out."""
    found = list(
        Stream.objects.filter(cycle__is_public_current=True, state__in=PUBLIC_STATES, slug__in=slugs)
        .select_related("site")
        .prefetch_related("requirements", "cadences", "agreements", "stream_tracks__track")
    )
    found.sort(key=lambda stream: slugs.index(stream.slug))
    found = found[:MAX_COMPARED]
    minutes = minutes_of({stream.form_id for stream in found if stream.form_id})
    columns = [_compared(stream, minutes.get(stream.form_id, 0)) for stream in found]
    rows = []
    for label in columns[0] if columns else {}:
        texts = [column[label] for column in columns]
        if any(texts):
            cells = [{"label": stream.title, "text": text} for stream, text in zip(found, texts, strict=True)]
            rows.append(ComparedRow(label, len(set(texts)) == 1 and len(texts) > 1, cells))
    heads = [{"label": stream.title, "url": stream.get_absolute_url()} for stream in found]
    query = urlencode([("s", stream.slug) for stream in found])
    shown = [row for row in rows if not (row.equal and only_differences)]
    return ComparePage(heads, shown, sum(row.equal for row in rows), query)


def _compared(stream: Stream, minutes: int) -> dict[str, str]:
    lines = {
        kind: "\n".join(row.text for row in stream.requirements.all() if row.kind == kind) for kind in RequirementKind
    }
    return {
        "Focus": stream.summary,
        "Tracks": ", ".join(part.track.name for part in stream.stream_tracks.all()),
        "Project": str(stream.get_selection_mode_display()),
        "Meetings": meetings_of(list(stream.cadences.all())),
        "Reply time": reply_of(stream.reply_hours),
        "Place": place_of(stream),
        **{str(RequirementKind(kind).label): text for kind, text in lines.items()},
        "Interview": str(stream.get_interview_display()),
        "Time to apply": f"about {minutes} min" if minutes else "",
        "Data": str(stream.get_data_sensitivity_display()),
        "Agreement": "to be signed" if stream.agreements.all() else "none",
        "Seats": str(stream.seats_granted),
    }
