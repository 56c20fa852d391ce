"""Entries of a catalogue file as the texts that the domain functions take."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from core import deadlines
from mats_portal.desk.catalogue.checking import instants
from mats_portal.desk.catalogue.reading import END_OF_DAY, Entry
from reviews.domain import rubrics
from streams.domain import programme
from streams.states import Precision


def key_date_text(entry: Entry, order: int) -> programme.KeyDateText:
    """Return a dated event as instants, with the zone and the exactness in which it was written."""
    starts_at, ends_at = instants(entry)
    at = entry["at"]
    precision = Precision.END_OF_DAY if at == END_OF_DAY else Precision.TIME if at else Precision.DAY
    moved_from = None
    if entry["moved_from"]:
        old = time.fromisoformat(at) if precision == Precision.TIME else time() if precision == Precision.DAY else None
        moved_from = deadlines.instant(entry["moved_from"], old, entry["zone"])
    return programme.KeyDateText(
        code=entry["code"],
        label=entry["label"],
        note=entry["note"],
        starts_at=starts_at,
        ends_at=ends_at,
        zone=entry["zone"],
        precision=precision,
        audience=entry["audience"],
        who_acts=entry["who_acts"],
        public=entry["public"],
        order=order,
        moved_from=moved_from,
        moved_at=morning(entry["moved_on"]),
        moved_reason=entry["moved_reason"],
    )


def rubric_text(entry: Entry) -> rubrics.RubricText:
    """Return a rubric with its criteria."""
    return rubrics.RubricText(
        scale=(entry["scale_min"], entry["scale_max"]),
        title=entry["title"],
        note=entry["note"],
        version=entry["version"],
        criteria=[
            rubrics.CriterionText(
                code=criterion["code"],
                name=criterion["name"],
                help=criterion["help"],
                group=criterion["group"],
                weight=Decimal(str(criterion["weight"])),
                anchors={level: words for level, words in criterion["anchors"].values.items() if words},
                question_codes=criterion["questions"],
                group_rule=criterion["group_rule"],
                stream_slug=criterion["stream"],
                area_code=criterion["area"],
            )
            for criterion in entry["criteria"]
        ],
    )


def finder_question(entry: Entry) -> dict[str, Any]:
    """Return a question of the track finder as the cycle keeps it."""
    options = [dict(option.values) for option in entry["options"]]
    return {"key": entry["key"], "text": entry["text"], "weight": entry["weight"], "options": options}


def morning(day: date | None) -> datetime | None:
    """Return the first instant of a day in UTC."""
    return datetime.combine(day, time(), UTC) if day else None
