"""What an application asks, with what is answered so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from applications.models import Answer, Application, EvaluationAssignment, FormUse, StreamApplication
from applications.queries.faults import fault, is_answered, missing
from applications.queries.values import display, is_empty, word_count
from applications.states import AnswerScope
from questions.models import FormItem, Question
from questions.queries import PublishedForm, of_versions, published
from questions.states import AREAS

#: Characters of a question that stand in a list of problems.
LONGEST_NAME = 90


@dataclass(frozen=True)
class Place:
    """One form that somebody answers: whose questions, and under which key its answers lie."""

    scope: str
    scope_key: str
    form_id: int | None
    title: str = ""


@dataclass(frozen=True)
class Asked:
    """One question, where it is asked, with the answer so far."""

    item: FormItem
    answer: Answer | None
    #: The answer given to the same question elsewhere in this application: offered, and used unless replaced.
    reused: Any
    #: Whether the question's condition (``visible_if``) holds; else it is neither required nor handed in.
    applies: bool
    #: The titles of the areas for which it is asked, if it is not asked of everybody in the stream.
    areas: tuple[str, ...] = ()

    @property
    def question(self) -> Question:
        """The question itself."""
        return self.item.question

    @property
    def value(self) -> Any:
        """The answer that counts now."""
        return self.answer.value if self.answer else self.reused

    @property
    def version(self) -> int:
        """Version of the stored answer; 0 while there is none."""
        return self.answer.version if self.answer else 0

    @property
    def is_reused(self) -> bool:
        """Whether the value comes from elsewhere in the application."""
        return self.answer is None and not is_empty(self.reused)

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer; agreeing to nothing is none."""
        return is_answered(self.question, self.value)

    @property
    def words_over(self) -> int:
        """By how many words the answer is too long."""
        return max(0, word_count(self.question, self.value) - self.item.max_words) if self.item.max_words else 0

    @property
    def problem(self) -> str:
        """What stands against handing this answer in, as a sentence; "" if nothing does."""
        if not self.applies:
            return ""
        name = short(self.item.text)
        if not self.is_answered:
            return missing(self.question, name) if self.item.required else ""
        if self.words_over:
            return f"Shorten “{name}”: it is {self.words_over} words over the limit of {self.item.max_words}"
        return fault(self.question, self.value, name)

    @property
    def is_kept_only(self) -> bool:
        """Whether there is an answer that is kept but not handed in, since its question is not asked now."""
        return not self.applies and self.answer is not None and self.is_answered


@dataclass(frozen=True)
class Part:
    """One section of one form."""

    code: str
    title: str
    intro: str
    place: Place
    items: tuple[Asked, ...]

    @property
    def minutes(self) -> int:
        """Declared minutes of the questions that are not reused."""
        return sum(asked.question.effort_minutes for asked in self.items if not asked.is_reused)

    @property
    def minutes_left(self) -> int:
        """Declared minutes of what still has no answer."""
        return sum(asked.question.effort_minutes for asked in self.items if asked.applies and not asked.is_answered)

    @property
    def problems(self) -> list[Asked]:
        """The questions that stand against handing it in."""
        return [asked for asked in self.items if asked.problem]

    @property
    def is_started(self) -> bool:
        """Whether anything was typed here."""
        return any(asked.answer is not None for asked in self.items)

    @property
    def saved_at(self) -> datetime | None:
        """When something was last saved here."""
        return max((asked.answer.saved_at for asked in self.items if asked.answer), default=None)


def short(text: str) -> str:
    """Cut a question to one line of a list of problems."""
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= LONGEST_NAME else f"{line[:LONGEST_NAME].rsplit(' ', 1)[0]} …"


def parts(application: Application, places: Sequence[Place]) -> dict[Place, list[Part]]:
    """Return the sections of each place with their answers, in a fixed number of queries however many there are."""
    forms = forms_in_use(application, places)
    answers = list(Answer.objects.filter(application=application).select_related("question"))
    areas = _areas(application, forms)
    return {
        place: _parts_of(place, forms.get(place), answers, areas.get(place.scope_key, _NO_AREAS)) for place in places
    }


@dataclass(frozen=True)
class _Areas:
    """The areas of one stream: titles by code, and the codes that were chosen."""

    titles: Mapping[str, str]
    chosen: Sequence[str]


_NO_AREAS = _Areas({}, ())


def _areas(application: Application, forms: Mapping[Place, PublishedForm]) -> dict[str, _Areas]:
    """Return the areas of the streams whose forms ask something of those who choose one; others are not looked up."""
    wanted = [
        place.scope_key
        for place, form in forms.items()
        if place.scope == AnswerScope.STREAM and any(hangs_on_area(item) for item in form.items)
    ]
    if not wanted:
        return {}
    rows = application.stream_applications.filter(public_id__in=wanted).prefetch_related("areas", "stream__areas")
    return {
        row.public_id: _Areas(
            {area.code: area.title for area in row.stream.areas.all()}, [area.code for area in row.areas.all()]
        )
        for row in rows
    }


def hangs_on_area(item: FormItem) -> bool:
    """Say whether a question is asked only of those who choose an area."""
    return bool(item.visible_if and item.visible_if["question"] == AREAS)


def forms_in_use(application: Application, places: Sequence[Place]) -> dict[Place, PublishedForm]:
    """Return what each place fills in: the version with which it began, else the one in force."""
    in_force = published(place.form_id for place in places if place.form_id)
    uses = FormUse.objects.filter(application=application).values_list("scope", "scope_key", "version")
    begun = {(scope, scope_key): version for scope, scope_key, version in uses}
    current = {form.version.pk for form in in_force.values()}
    older = of_versions(set(begun.values()) - current)
    found: dict[Place, PublishedForm] = {}
    for place in places:
        form = older.get(begun.get((place.scope, place.scope_key), 0)) or in_force.get(place.form_id or 0)
        # A stream may have been given another form altogether: then that one is asked.
        if form and form.version.form_id != place.form_id:
            form = in_force.get(place.form_id or 0)
        if form:
            found[place] = form
    return found


def _parts_of(place: Place, form: PublishedForm | None, answers: Iterable[Answer], areas: _Areas) -> list[Part]:
    if form is None:
        return []
    own: dict[int, Answer] = {}
    shared: dict[int, Any] = {}
    by_code: dict[str, Any] = {}
    for answer in answers:
        if answer.scope == AnswerScope.GENERAL:
            shared[answer.question_id] = answer.value
            by_code.setdefault(answer.question.code, answer.value)
    for answer in answers:
        if (answer.scope, answer.scope_key) == (place.scope, place.scope_key):
            own[answer.question_id] = answer
            by_code[answer.question.code] = answer.value
    by_code[AREAS] = list(areas.chosen)
    asked = [
        Asked(
            item,
            own.get(item.question_id),
            shared.get(item.question_id) if place.scope != AnswerScope.GENERAL else None,
            condition_holds(item.visible_if, by_code),
            tuple(areas.titles.get(code, code) for code in item.visible_if["in"]) if hangs_on_area(item) else (),
        )
        for item in form.items
    ]
    return [
        Part(
            section["code"],
            section["title"],
            section.get("intro", ""),
            place,
            tuple(one for one in asked if one.item.section == section["code"]),
        )
        for section in form.version.sections
    ]


def condition_holds(condition: dict[str, Any] | None, values: dict[str, Any]) -> bool:
    """Say whether an item is asked, given the answers so far by question code."""
    if not condition:
        return True
    value = values.get(condition["question"])
    given = value if isinstance(value, list) else [value]
    return bool({_name(one) for one in given if one is not None} & {_name(one) for one in condition["in"]})


def condition_values(condition: dict[str, Any]) -> list[str]:
    """Return the answers under which an item is asked, as a page posts them."""
    return [str(_name(value)) for value in condition["in"]]


def _name(value: Any) -> Any:
    # A yes-or-no answer is stored as true or false and may be named "yes" or "no" in a condition.
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def general_place(application: Application) -> Place:
    """Return where the answers to the cycle's general form lie."""
    return Place(AnswerScope.GENERAL, "", application.cycle.general_form_id, "General application")


def track_places(application: Application) -> list[Place]:
    """Return the places of the chosen tracks' own forms."""
    chosen = application.track_applications.select_related("track").order_by("track__order")
    return [Place(AnswerScope.TRACK, one.track.public_id, one.track.form_id, one.track.name) for one in chosen]


def stream_place(stream_application: StreamApplication) -> Place:
    """Return where the answers to one stream's questions lie."""
    stream = stream_application.stream
    return Place(AnswerScope.STREAM, stream_application.public_id, stream.form_id, stream.title)


def evaluation_place(assignment: EvaluationAssignment) -> Place:
    """Return where the answers of one evaluation lie."""
    definition = assignment.definition
    return Place(AnswerScope.EVALUATION, assignment.public_id, definition.form_id, definition.title)


def handed_in(sections: Iterable[Part]) -> list[dict[str, Any]]:
    """Return sections as a snapshot keeps them: every question that applied, with what was answered."""
    return [
        {
            "title": f"{part.place.title}: {part.title}" if part.place.scope == AnswerScope.TRACK else part.title,
            "scope": part.place.scope,
            "scope_key": part.place.scope_key,
            "items": [
                {
                    "code": asked.question.code,
                    "question": asked.item.text,
                    "kind": asked.question.kind,
                    "data_class": asked.question.data_class,
                    "value": asked.value,
                    "display": display(asked.question, asked.value),
                }
                for asked in part.items
                if asked.applies
            ],
        }
        for part in sections
    ]
