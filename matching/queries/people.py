"""One advanced person, as the mentors of one of their streams read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from applications.models import AnswerSnapshot, Document, EvaluationAssignment, StreamApplication, TrackApplication
from applications.queries.corrections import Corrected, corrections_beside, with_corrections
from applications.queries.letters import LetterToRead, letters_about
from applications.states import AnswerScope, EvaluationState, TrackState
from core import clock
from questions.states import DataClass, QuestionKind
from reviews.queries.follow_ups import TaskQuestions, asked_of, questions_for, tasks_used_for

#: Mentors read whom they may take on, and never what only operations or statistics need.
EXCUSED = "Excused from this task: read the person as if it had not been asked."
MORE_TIME = "Has more time for this task: it is not missing."
Corrections = dict[tuple[int, str], Corrected]
HIDDEN_FROM_MENTORS = frozenset({DataClass.CONTACT, DataClass.LOGISTICS, DataClass.DEMOGRAPHIC, DataClass.SPECIAL})


@dataclass(frozen=True)
class AnswerLine:
    """One question with what was handed in."""

    question: str
    text: str
    #: Public id of the file that was handed in, "" where the answer is none.
    file: str = ""
    #: What the person put right afterwards.
    correction: Corrected | None = None


@dataclass(frozen=True)
class Section:
    """The answers of one form."""

    title: str
    submitted_at: datetime
    lines: list[AnswerLine]


@dataclass(frozen=True)
class MentorPerson:
    """What mentors read of one person."""

    id: str
    name: str
    reference: str
    stream_id: str
    stream: str
    tracks: list[str]
    areas: list[str]
    sections: list[Section]
    tier: int | None
    #: Tasks that the stream asked for and that are not handed in as others': (title, what holds), never why.
    exceptions: list[tuple[str, str]]
    letters: list[LetterToRead]
    has_mark: bool
    #: What graders of their tasks would ask them; never who.
    follow_ups: list[TaskQuestions]


def person_page(row: StreamApplication, reader: Any) -> MentorPerson:
    """Return one person's file as ``reader`` gets it for a stream: general, advanced tracks' and its own answers only.

    Other streams and the person's order of streams are not read at all.
    """
    application = row.application
    advanced, used = _advanced(row), list(_used(row).annotate(asked=asked_of(reader)))
    tasks = [task for task in used if task.is_own]
    entry = getattr(row, "rank_entry", None)
    return MentorPerson(
        id=row.public_id,
        name=str(application.person),
        reference=application.reference,
        stream_id=row.stream.public_id,
        stream=row.stream.title,
        tracks=[part.track.name for part in advanced],
        areas=[area.title for area in row.areas.order_by("order")],
        sections=_sections(row, [part.track.public_id for part in advanced], tasks),
        exceptions=_exceptions(tasks),
        tier=entry.tier if entry else None,
        # Letters anchor: they come after the stream's own mark, and are not read from the database before it.
        letters=letters_about(application.pk) if entry else [],
        has_mark=entry is not None,
        follow_ups=questions_for(row, used),
    )


def _advanced(row: StreamApplication) -> list[TrackApplication]:
    found = row.application.track_applications.filter(released_state=TrackState.ADVANCED)
    return list(found.select_related("track").order_by("track__order"))


def _used(row: StreamApplication) -> QuerySet[Any]:
    return tasks_used_for(row).order_by("definition__title", "pk")


def _exceptions(tasks: list[EvaluationAssignment]) -> list[tuple[str, str]]:
    """Return what was settled about the stream's tasks for this person: that, and never why."""
    found = []
    for task in tasks:
        is_waiting = task.state == EvaluationState.ASSIGNED and task.submitted_at is None
        if task.state == EvaluationState.EXCUSED:
            found.append((task.definition.title, EXCUSED))
        elif is_waiting and task.extended_until and task.extended_until > clock.now():
            found.append((task.definition.title, MORE_TIME))
    return found


def _sections(row: StreamApplication, track_keys: list[str], tasks: list[EvaluationAssignment]) -> list[Section]:
    """Return the newest snapshot of each form that these mentors may read, and of the tasks that they asked for."""
    # Work that does not count, or is to be done again, is on record and not for mentors.
    counts = (task for task in tasks if task.submitted_at and task.state != EvaluationState.SET_ASIDE)
    task_keys = [task.public_id for task in counts]
    mine = (
        Q(scope=AnswerScope.GENERAL)
        | Q(scope=AnswerScope.TRACK, scope_key__in=track_keys)
        | Q(scope=AnswerScope.STREAM, scope_key=row.public_id)
        | Q(scope=AnswerScope.EVALUATION, scope_key__in=task_keys)
    )
    newest: dict[tuple[str, str], AnswerSnapshot] = {}
    snapshots = with_corrections(AnswerSnapshot.objects.filter(mine, application=row.application_id))
    for snapshot in snapshots.order_by("submitted_at", "pk"):
        newest[snapshot.scope, snapshot.scope_key] = snapshot
    rank = {AnswerScope.STREAM: 0, AnswerScope.EVALUATION: 1, AnswerScope.TRACK: 2, AnswerScope.GENERAL: 3}
    ordered = sorted(newest.values(), key=lambda snapshot: rank[AnswerScope(snapshot.scope)])
    allowed = {
        AnswerScope.GENERAL: {""},
        AnswerScope.TRACK: set(track_keys),
        AnswerScope.STREAM: {row.public_id},
        AnswerScope.EVALUATION: set(task_keys),
    }
    corrections = corrections_beside(ordered)
    return [
        Section(section["title"], snapshot.submitted_at, lines)
        for snapshot in ordered
        for section in snapshot.content
        if section.get("scope_key", "") in allowed.get(section.get("scope", snapshot.scope), set())
        and (lines := _lines(section, snapshot.pk, corrections))
    ]


def _lines(section: dict[str, Any], snapshot: int, corrections: Corrections) -> list[AnswerLine]:
    return [
        AnswerLine(item["question"], str(item.get("display") or ""), _file_id(item), correction)
        for item in section["items"]
        if item.get("data_class", DataClass.NONE) not in HIDDEN_FROM_MENTORS
        for correction in (corrections.get((snapshot, item["code"])),)
        if item.get("display") or correction
    ]


def _file_id(item: dict[str, Any]) -> str:
    return str(item["value"]["id"]) if item.get("kind") == QuestionKind.FILE and item["value"] else ""


def readable_file(row: StreamApplication, public_id: str) -> Document | None:
    """Return a file that the mentors of this stream read of this person; else ``None``."""
    sections = _sections(row, [part.track.public_id for part in _advanced(row)], list(_used(row).filter(is_own=True)))
    if not public_id or public_id not in {line.file for section in sections for line in section.lines}:
        return None
    return Document.objects.filter(application=row.application_id, public_id=public_id).first()
