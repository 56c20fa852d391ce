"""What a person who applied in an earlier cycle can bring into a new application, and what is different now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Exists, OuterRef

from applications.models import Answer, AnswerSnapshot, Application, Document
from applications.queries.carrying import FILES_LAST, belongs_to_its_cycle, fit, meaning_of, shown
from applications.queries.faults import is_answered
from applications.queries.sheets import (
    Asked,
    Place,
    condition_holds,
    forms_in_use,
    general_place,
    parts,
    stream_place,
    track_places,
)
from applications.queries.values import is_empty
from applications.states import AnswerScope
from core import clock
from questions.models import FormItem
from questions.queries import published
from questions.states import QuestionKind
from streams.models import Cycle

NOT_ASKED = "It is asked only with another answer to an earlier question."
OLD_FILE = "This file is more than a year old. Send a newer one."
LOST_FILE = "This file is no longer kept. Send it again."


@dataclass(frozen=True)
class Line:
    """One answer of the earlier application and what becomes of it."""

    question: str
    place: str
    text: str
    #: What is different now, or why it is not brought.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bringable:
    """One answer that can be brought, with everything that is needed to do so."""

    place: Place
    item: FormItem
    value: Any
    document: Document | None
    line: Line


@dataclass(frozen=True)
class Bringing:
    """The earlier application beside the new one."""

    source: Application
    ready: tuple[Bringable, ...]
    #: Asked now and answered then, yet to be answered anew.
    anew: tuple[Line, ...]
    #: Answered then and not asked now.
    gone: tuple[Line, ...]
    #: Answered here already: it stays as it is.
    kept: tuple[str, ...]

    @property
    def title(self) -> str:
        """Where the answers come from, as the mark of each says it."""
        return f"your application to {self.source.cycle.name}"

    @property
    def changed(self) -> list[Line]:
        """What can be brought and is asked differently now."""
        return [one.line for one in self.ready if one.line.notes]

    @property
    def unchanged(self) -> list[Line]:
        """What can be brought and is asked as before."""
        return [one.line for one in self.ready if not one.line.notes]

    @property
    def minutes(self) -> int:
        """Declared minutes of what can be brought."""
        return sum(one.item.question.effort_minutes for one in self.ready)


def earlier_application(person_id: int, cycle: Cycle) -> Application | None:
    """Return the person's newest application of an earlier cycle that holds an answer."""
    return (
        Application.objects.filter(person_id=person_id, cycle__programme_starts_on__lt=cycle.programme_starts_on)
        .filter(Exists(Answer.objects.filter(application=OuterRef("pk"), scope=AnswerScope.GENERAL)))
        .select_related("cycle")
        .order_by("-cycle__programme_starts_on")
        .first()
    )


def minutes_written(source: Application, cycle: Cycle) -> tuple[int, int]:
    """Return the declared minutes of the cycle's general form that ``source`` answers already, and of all of it."""
    given = {
        meaning_of(answer.question): answer
        for answer in source.answers.select_related("question")
        if not is_empty(answer.value)
    }
    form = published([cycle.general_form_id]).get(cycle.general_form_id) if cycle.general_form_id else None
    written = total = 0
    for item in form.items if form else ():
        question = item.question
        total += question.effort_minutes
        before = given.get(meaning_of(question))
        if before is None or belongs_to_its_cycle(question, before.question):
            continue
        if not fit(item, before.question, before.value).reason:
            written += question.effort_minutes
    return written, total


def bringing(application: Application) -> Bringing | None:
    """Return what can be brought into ``application``, or ``None`` for somebody who applies for the first time."""
    source = earlier_application(application.person_id, application.cycle)
    if source is None:
        return None
    before = _Before(source)
    places = [general_place(application), *track_places(application)]
    asked = [(place, one) for place, rows in parts(application, places).items() for part in rows for one in part.items]
    ready: list[Bringable] = []
    anew: list[Line] = []
    kept: list[str] = []
    used: set[int] = set()
    for place, one in asked:
        answer = before.answer_to(one.item, place)
        if answer is None:
            continue
        used.add(answer.pk)
        if one.answer is not None or one.is_reused:
            kept.append(one.item.text)
            continue
        found = before.fitting(place, one, answer)
        if isinstance(found, Line):
            anew.append(found)
        else:
            ready.append(found)
    ready, unasked = _asked_with_the_others(asked, ready)
    gone = [before.line(answer) for answer in before.answers if answer.pk not in used and not before.is_kept(answer)]
    return Bringing(source, tuple(ready), (*anew, *unasked), tuple(gone), tuple(kept))


def _asked_with_the_others(
    asked: Iterable[tuple[Place, Asked]], ready: list[Bringable]
) -> tuple[list[Bringable], list[Line]]:
    """Leave out what is asked only with an answer that is neither here nor brought."""
    values: dict[tuple[str, str], Any] = {}
    for place, one in asked:
        values[place.scope_key, one.question.code] = one.value
    for found in ready:
        values[found.place.scope_key, found.item.question.code] = found.value
    shared = {code: value for (key, code), value in values.items() if not key}
    holding, others = [], []
    for found in ready:
        own = {code: value for (key, code), value in values.items() if key == found.place.scope_key}
        if condition_holds(found.item.visible_if, {**shared, **own}):
            holding.append(found)
        else:
            others.append(replace(found.line, notes=(NOT_ASKED,)))
    return holding, others


class _Before:
    """The earlier application: its answers, and the words and limits under which they were given."""

    def __init__(self, source: Application) -> None:
        rows = source.answers.exclude(scope=AnswerScope.EVALUATION).select_related("question").order_by("pk")
        self.answers = [answer for answer in rows if is_answered(answer.question, answer.value)]
        streams = source.stream_applications.select_related("stream")
        places = [general_place(source), *track_places(source), *(stream_place(row) for row in streams)]
        self._titles = {(place.scope, place.scope_key): place.title for place in places}
        self._items = {
            (place.scope, place.scope_key, item.question_id): item
            for place, form in forms_in_use(source, places).items()
            for item in form.items
        }
        self._words = _words_handed_in(source)
        self._documents = {row.public_id: row for row in source.documents.all()}

    def answer_to(self, item: FormItem, place: Place) -> Answer | None:
        """Return the answer with the same meaning: one from the same kind of form before any other."""
        meaning = meaning_of(item.question)
        found = [one for one in self.answers if meaning_of(one.question) == meaning and one.scope != AnswerScope.STREAM]
        found.sort(key=lambda one: (one.question_id != item.question_id, one.scope != place.scope, one.pk))
        return found[0] if found else None

    def is_kept(self, answer: Answer) -> bool:
        """Say whether an answer is offered at another place: that of a stream stands beside the stream's question."""
        return answer.scope == AnswerScope.STREAM

    def line(self, answer: Answer, *notes: str, text: str | None = None) -> Line:
        """Return an answer as the page lists it."""
        return Line(
            question=self._asked(answer),
            place=self._titles.get((answer.scope, answer.scope_key), ""),
            text=shown(answer.question, answer.value) if text is None else text,
            notes=notes,
        )

    def fitting(self, place: Place, asked: Asked, answer: Answer) -> Bringable | Line:
        """Return an answer as it may stand in ``place``, or the line that says why it is not brought."""
        if reason := belongs_to_its_cycle(asked.question, answer.question):
            return self.line(answer, reason)
        item = self._items.get((answer.scope, answer.scope_key, answer.question_id))
        found = fit(
            asked.item,
            answer.question,
            answer.value,
            before=self._asked(answer),
            limit_before=item.max_words if item else None,
        )
        if found.reason:
            return self.line(answer, found.reason)
        document = None
        if asked.question.kind == QuestionKind.FILE:
            document = self._documents.get(answer.value["id"])
            if document is None:
                return self.line(answer, LOST_FILE)
            if document.uploaded_at < clock.now() - FILES_LAST:
                return self.line(answer, OLD_FILE)
        line = replace(
            self.line(answer, *found.changes, text=shown(asked.question, found.value)),
            question=asked.item.text,
            place=place.title,
        )
        return Bringable(place, asked.item, found.value, document, line)

    def _asked(self, answer: Answer) -> str:
        key = (answer.scope, answer.scope_key)
        if words := self._words.get((*key, answer.question.code)):
            return words
        item = self._items.get((*key, answer.question_id))
        return item.text if item else answer.question.text


def _words_handed_in(source: Application) -> Mapping[tuple[str, str, str], str]:
    """Return how each question was worded when its answer was handed in: the bank's words may have changed since."""
    words: dict[tuple[str, str, str], str] = {}
    for snapshot in AnswerSnapshot.objects.filter(application=source).order_by("submitted_at", "pk"):
        for section in snapshot.content:
            for item in section["items"]:
                words[section["scope"], section["scope_key"], item["code"]] = item["question"]
    return words
