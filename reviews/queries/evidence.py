"""The text that a reader gets: without the person, and without the answers that would name them.

What is hidden is left behind in the database: it is in no row that a page could print by mistake.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, Func, JSONField, Q, QuerySet, Value

from applications.models import AnswerSnapshot, Document
from applications.queries.corrections import corrections_beside, with_corrections
from applications.queries.values import file_words
from applications.states import AnswerScope
from questions.states import DataClass, QuestionKind
from reviews.models import Criterion, IdentityFlag, ReviewAssignment
from reviews.states import FlagState
from streams.models import Track

#: What a reader of the central review can ever get. A track's ``blind_fields`` take more away, never give more.
READABLE = frozenset({DataClass.NONE, DataClass.INSTITUTION})
#: What a reader is told about what they do not get.
HIDDEN_NAMES = {
    DataClass.IDENTITY: "name and personal pages",
    DataClass.INSTITUTION: "institution and degree",
    DataClass.CONTACT: "contact details",
    DataClass.LOGISTICS: "places and visa",
    DataClass.DEMOGRAPHIC: "demographic answers",
}
SCOPE_TITLES = {
    AnswerScope.GENERAL: "General application",
    AnswerScope.TRACK: "Track questions",
    AnswerScope.EVALUATION: "Work handed in",
}


#: What stands where a passage gave its writer away.
REMOVED = "[removed]"


class ReadableItems(Func):
    """The items of a snapshot whose class of data is among the given ones, picked by the database."""

    function = "jsonb_path_query_array"
    output_field = JSONField()

    def __init__(self, content: Any, classes: Iterable[str]) -> None:
        super().__init__(
            content,
            Value("$[*].items[*] ? (@.data_class == $shown[*])"),
            Value({"shown": sorted(classes)}, output_field=JSONField()),
        )


@dataclass(frozen=True)
class ReadCorrection:
    """What an answer should have said, and since when."""

    at: datetime
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class ReadItem:
    """One answer to read. ``number`` is its anchor on the page; ``criteria`` names what it is evidence for."""

    number: int
    code: str
    question: str
    paragraphs: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    criteria: tuple[str, ...]
    #: Public id of a file, and what it is; never its name, which its sender chose.
    file: tuple[str, str] | None = None
    #: What its writer put right afterwards, as far as the reader may read it.
    correction: "ReadCorrection | None" = None


@dataclass(frozen=True)
class ReadSection:
    """One handed-in form, as far as the reader may read it."""

    title: str
    submitted_at: datetime | None
    items: tuple[ReadItem, ...]


def snapshot_ids(assignment: ReviewAssignment) -> list[str]:
    """Return which handed-in versions the reader has before them."""
    return [snapshot.public_id for snapshot in _snapshots(assignment).only("public_id", "scope", "submitted_at")]


def _snapshots(assignment: ReviewAssignment) -> QuerySet[AnswerSnapshot]:
    """Return the latest snapshot of each form that belongs to the assignment."""
    if assignment.evaluation_id:
        wanted = Q(
            application_id=assignment.evaluation.application_id,
            scope=AnswerScope.EVALUATION,
            scope_key=assignment.evaluation.public_id,
        )
    else:
        row = assignment.track_application
        wanted = Q(application_id=row.application_id) & (
            Q(scope=AnswerScope.GENERAL) | Q(scope=AnswerScope.TRACK, scope_key=row.track.public_id)
        )
    return (
        AnswerSnapshot.objects.filter(wanted)
        .order_by("scope", "scope_key", "-submitted_at", "-pk")
        .distinct("scope", "scope_key")
    )


def tracks_read_for(assignment: ReviewAssignment) -> list[Track]:
    task = assignment.evaluation
    return list(task.definition.tracks.all()) if task else [assignment.track_application.track]


def classes_for(tracks: Iterable[Track]) -> frozenset[DataClass]:
    """Return the classes of data that a reader gets of a text that these tracks ask for."""
    return READABLE - {name for track in tracks for name in track.blind_fields}


def readable_file(assignment: ReviewAssignment, public_id: str) -> Document | None:
    """Return a file that the text before the reader names in an answer they may read; else ``None``."""
    sections = sections_of(assignment, classes_for(tracks_read_for(assignment)), [])
    if public_id not in {item.file[0] for section in sections for item in section.items if item.file}:
        return None
    return Document.objects.filter(public_id=public_id).first()


def sections_of(
    assignment: ReviewAssignment, classes: Iterable[str], criteria: Sequence[Criterion]
) -> tuple[ReadSection, ...]:
    snapshots = (
        with_corrections(_snapshots(assignment))
        .annotate(readable=ReadableItems(F("content"), classes))
        .values_list("scope", "submitted_at", "readable", "pk", "is_corrected", named=True)
    )
    removed = _removed(assignment)
    order: list[str] = list(SCOPE_TITLES)
    found = sorted(snapshots, key=lambda row: order.index(row.scope))
    corrections = _corrections(assignment, found)
    sections, number = [], 0
    for row in found:
        items = []
        for item in row.readable:
            number += 1
            read = replace(_item(number, item, criteria), correction=corrections.get((row.pk, item["code"])))
            items.append(_without(read, removed[read.code]) if read.code in removed else read)
        sections.append(ReadSection(SCOPE_TITLES[AnswerScope(row.scope)], row.submitted_at, tuple(items)))
    return tuple(sections)


def _corrections(assignment: ReviewAssignment, snapshots: Sequence[Any]) -> dict[tuple[int, str], ReadCorrection]:
    """Return what was put right in the answers that the reader gets, by snapshot and code; nothing of the others.

    Its writer knew that staff read it, and may have signed it: their name and address are taken out.
    """
    codes = {item["code"] for snapshot in snapshots for item in snapshot.readable}
    found = corrections_beside(snapshots, codes)
    if not found:
        return {}
    target = assignment.track_application or assignment.evaluation
    person = target.application.person
    return {
        key: ReadCorrection(one.at, tuple(_nameless(part, person) for part in one.paragraphs))
        for key, one in found.items()
    }


def _nameless(text: str, person: Any) -> str:
    # As in a reader's own sentence: the whole name or the last part of it, as names are written.
    for name in (person.email, person.display_name, person.display_name.rpartition(" ")[2]):
        if len(name) > 3:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", REMOVED, text)
    return text


def corrected_at(sections: Iterable[ReadSection]) -> datetime | None:
    """Return when something was last put right in what the reader gets; ``None`` if nothing was."""
    dates = [item.correction.at for section in sections for item in section.items if item.correction]
    return max(dates, default=None)


def passage_in(passage: str) -> re.Pattern[str]:
    """Return what finds a passage however its white space is set: who copies it from a page gets other line ends."""
    return re.compile(r"\s+".join(map(re.escape, passage.split())))


def _removed(assignment: ReviewAssignment) -> dict[str, list[re.Pattern[str]]]:
    """Return by question code the passages that no blind reader gets."""
    target = assignment.track_application or assignment.evaluation
    found: dict[str, list[re.Pattern[str]]] = {}
    flags = IdentityFlag.objects.filter(application_id=target.application_id, state=FlagState.REMOVED)
    # The longest first: a shorter one may lie inside it.
    for code, passage in sorted(flags.values_list("question_code", "removed"), key=lambda row: -len(row[1])):
        found.setdefault(code, []).append(passage_in(passage))
    return found


def _without(item: ReadItem, passages: list[re.Pattern[str]]) -> ReadItem:
    def cut(text: str) -> str:
        for passage in passages:
            text = passage.sub(REMOVED, text)
        return text

    return replace(
        item,
        paragraphs=tuple(map(cut, item.paragraphs)),
        correction=item.correction and ReadCorrection(item.correction.at, tuple(map(cut, item.correction.paragraphs))),
        # An address with a hole leads nowhere: it goes as a whole.
        links=tuple(
            (url if cut(url) == url else "", cut(why) or (REMOVED if cut(url) != url else ""))
            for url, why in item.links
        ),
    )


def _item(number: int, item: dict[str, Any], criteria: Sequence[Criterion]) -> ReadItem:
    value = item.get("value")
    links: tuple[tuple[str, str], ...] = ()
    text = str(item.get("display") or "")
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        links = tuple((str(one.get("url", "")), str(one.get("why", ""))) for one in value)
        text = ""
    elif item["kind"] == QuestionKind.FILE and value:
        text = ""
    elif isinstance(value, dict) and value.get("url"):
        links = ((str(value["url"]), ""),)
        text = text.removesuffix(str(value["url"]))
    file = (str(value["id"]), file_words(value)) if item["kind"] == QuestionKind.FILE and value else None
    return ReadItem(
        file=file,
        number=number,
        code=item["code"],
        question=item["question"],
        paragraphs=tuple(part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()),
        links=links,
        criteria=tuple(criterion.name for criterion in criteria if item["code"] in criterion.question_codes),
    )
