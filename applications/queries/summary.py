"""Read models of the check page and of the pages of consequences."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from applications.models import Application
from applications.queries.faults import warnings
from applications.queries.fields import origin_words, readers
from applications.queries.sections import Section, section_readers
from applications.queries.sheets import Asked
from applications.queries.values import display
from applications.states import LIVE_TRACK, StreamApplicationState


@dataclass(frozen=True)
class CheckRow:
    """One answer of the check page."""

    label: str
    value: str
    change_url: str
    missing: bool
    read_by: str
    note: str = ""


@dataclass(frozen=True)
class CheckSection:
    """One section of the check page."""

    title: str
    readers: str
    rows: list[CheckRow]


def check_sections(sections: Sequence[Section], blind: Collection[str]) -> list[CheckSection]:
    """Return all answers for a last look, each with the way to change it; ``blind`` as in ``field_of``."""
    return [CheckSection(section.title, section_readers(section), _rows(section, blind)) for section in sections]


def _rows(section: Section, blind: Collection[str]) -> list[CheckRow]:
    if section.place is None:
        return [
            CheckRow(
                "Tracks you apply to",
                ", ".join(section.chosen) or "None chosen",
                f"{section.url}?back=check",
                not section.chosen,
                "",
            )
        ]
    return [_row(section, asked, blind) for asked in section.items if asked.applies or asked.is_kept_only]


KEPT_ONLY = "Kept, not sent: this question is asked only with another answer above. Nobody reads it."


def _row(section: Section, asked: Asked, blind: Collection[str]) -> CheckRow:
    if asked.is_kept_only:
        url = f"{section.url}?back=check#field-{asked.item.pk}"
        return CheckRow(asked.item.text, display(asked.question, asked.value), url, False, "", KEPT_ONLY)
    return CheckRow(
        label=asked.item.text,
        value=display(asked.question, asked.value) or "Not answered",
        change_url=f"{section.url}?back=check#field-{asked.item.pk}",
        missing=bool(asked.problem) and not asked.is_answered,
        read_by=readers(asked.question.data_class, blind),
        note=" ".join(filter(None, [_origin(asked), *warnings(asked.question, asked.value)])),
    )


def _origin(asked: Asked) -> str:
    words = origin_words(asked)
    return f"{words}." if words else ""


def withdrawal_consequences(application: Application) -> list[dict[str, object]]:
    """Say what withdrawing ends, and how much of it."""
    tracks = application.track_applications.filter(released_state__in=LIVE_TRACK).count()
    live = [StreamApplicationState.DRAFT, StreamApplicationState.SUBMITTED, StreamApplicationState.IN_STREAM_REVIEW]
    streams = application.stream_applications.filter(released_state__in=live).count()
    rows: list[dict[str, object]] = [
        {
            "count": tracks,
            "text": "track ends" if tracks == 1 else "tracks end",
            "note": "Nobody reads your application any more.",
        },
    ]
    if streams:
        rows.append(
            {
                "count": streams,
                "text": "stream application ends" if streams == 1 else "stream applications end",
                "note": "",
            }
        )
    return [*rows, {"count": 1, "text": "mail confirms it", "note": "You cannot take this back."}]
