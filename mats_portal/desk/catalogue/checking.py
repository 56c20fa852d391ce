"""What must hold between the parts of a catalogue: references, orders, sums. Each finding names place and reason."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time
from decimal import Decimal

from applications.states import AskedWhen, EvaluationKind
from core import deadlines
from mats_portal.desk.catalogue.reading import END_OF_DAY, Book, Entry, Mistake, Place
from questions.states import AREAS, COUNTED, NAMES_CHOICES, WITH_WORDS, QuestionKind
from reviews.states import BEST_COUNTS, GroupRule
from streams.queries.finder import NO_LEANING
from streams.states import CapsBy, InPerson, MentorRole, SelectionMode, StreamState

#: The one question that only streams ask in which the fellow brings the project.
PROJECT_IDEA = "project_idea"
PAIRS = (
    ("general_opens", "general_closes"),
    ("stage2_opens", "stage2_closes"),
    ("review_opens", "review_closes"),
    ("stream_stage_opens", "stream_stage_closes"),
    ("programme_starts", "programme_ends"),
)
HUNDRED = Decimal(100)
#: Kinds of which several choices can be ticked.
WITH_LISTED = COUNTED & NAMES_CHOICES


def check(book: Book, mistakes: Iterable[Mistake] = ()) -> Iterator[Mistake]:
    """Yield every mistake between the parts of ``book``.

    ``mistakes`` are those found in reading: an entry with one of them is not looked at again, but others may
    refer to it.
    """
    sound = _Sound(mistakes)
    if book.cycle is None or sound(book.cycle):
        yield from _cycle(book)
    yield from _key_dates(list(filter(sound, book.key_dates)), _keys(book.key_dates, "code"))
    yield from _topics(book)
    for question in filter(sound, book.questions):
        yield from _question(question)
    for form in filter(sound, book.forms):
        yield from _form(form, book)
    for track in filter(sound, book.tracks):
        yield from _track(track, book)
    for evaluation in filter(sound, book.evaluations):
        yield from _evaluation(evaluation, book)
    for stream in filter(sound, book.streams):
        yield from _stream(stream, book)
    for question in filter(sound, book.finder):
        yield from _finder(question, book)
    for item in filter(sound, book.practice):
        yield from _practice(item, book)


class _Sound:
    """Says of an entry whether reading found nothing wrong in it."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.places = [mistake.place for mistake in mistakes]

    def __call__(self, entry: Entry) -> bool:
        inside = tuple(f"{entry.place.path}{mark}" for mark in ".[")
        return not any(place.file == entry.place.file and f"{place.path}.".startswith(inside) for place in self.places)


def instants(entry: Entry) -> tuple[datetime, datetime | None]:
    """Return when a key date starts and ends. Raises ``ValueError`` where the clocks change at that very time."""
    zone, at = entry["zone"], entry["at"]
    if at == END_OF_DAY:
        start = deadlines.instant(entry["on"], None, zone)
    else:
        start = deadlines.instant(entry["on"], time.fromisoformat(at) if at else time(), zone)
    return start, deadlines.instant(entry["until"], None, zone) if entry["until"] else None


def _cycle(book: Book) -> Iterator[Mistake]:
    cycle = book.cycle
    if cycle is None:
        yield Mistake(Place("catalogue"), "there is no [cycle] table")
        return
    if cycle["programme_ends_on"] <= cycle["programme_starts_on"]:
        yield Mistake(cycle.place.key("programme_ends_on"), "must be later than programme_starts_on")
    if any(days >= cycle["concern_reply_days"] for days in cycle["concern_reminder_days"]):
        yield Mistake(
            cycle.place.key("concern_reminder_days"),
            "a reminder has to come later than the question: fewer days "
            f"before the date than the {cycle['concern_reply_days']} of concern_reply_days",
        )
    yield from _known(cycle, "general_form", _keys(book.forms, "code"), "form")
    yield from _caps(cycle, book)


def _caps(cycle: Entry, book: Book) -> Iterator[Mistake]:
    by = cycle["caps_by"]
    limited = {
        CapsBy.TRACK: [track for track in book.tracks if track["place_cap"]],
        CapsBy.SITE: [site for site in book.sites if site["seats"]],
    }
    if by != CapsBy.NOTHING and not limited[by]:
        missing = "place_cap" if by == CapsBy.TRACK else "seats"
        yield Mistake(cycle.place.key("caps_by"), f"no {by} has {missing}, so nothing would be limited")
    if by != CapsBy.TRACK:
        for track in limited[CapsBy.TRACK]:
            yield Mistake(track.place.key("place_cap"), f"has no effect: caps_by of the cycle is “{by}”")


def _key_dates(entries: list[Entry], codes: set[str]) -> Iterator[Mistake]:
    starts: dict[str, tuple[datetime, Entry]] = {}
    for entry in entries:
        try:
            start, end = instants(entry)
        except ValueError as error:
            yield Mistake(entry.place.key("at"), str(error))
            continue
        starts[entry["code"]] = (start, entry)
        if end and end < start:
            yield Mistake(entry.place.key("until"), "must not be earlier than on")
        if entry["moved_from"] and not (entry["moved_reason"] and entry["moved_on"]):
            yield Mistake(entry.place.key("moved_from"), "a moved date also says moved_on and moved_reason")
    for opens, closes in PAIRS:
        for code in (opens, closes):
            if code not in codes:
                yield Mistake(Place("catalogue", "key_dates"), f"“{code}” is missing")
        if opens in starts and closes in starts and starts[closes][0] <= starts[opens][0]:
            yield Mistake(starts[closes][1].place.key("on"), f"must be later than “{opens}”")


def _topics(book: Book) -> Iterator[Mistake]:
    parents = {topic["slug"]: topic["parent"] for topic in book.topics}
    for topic in book.topics:
        parent = topic["parent"]
        if parent and parent not in parents:
            yield Mistake(topic.place.key("parent"), f"there is no topic “{parent}”")
        elif parent and (parent == topic["slug"] or parents[parent]):
            yield Mistake(topic.place.key("parent"), "topics have two levels, not more")


def _question(question: Entry) -> Iterator[Mistake]:
    kind, place, fewest, most = question["kind"], question.place, question["at_least"], question["at_most"]
    if question["code"] == AREAS:
        yield Mistake(place.key("code"), "stands for the areas chosen in a stream; call the question otherwise")
    if kind in NAMES_CHOICES and len(question["choices"]) < 2:
        yield Mistake(place.key("choices"), "needs at least two choices")
    if kind not in NAMES_CHOICES and question["choices"]:
        yield Mistake(place.key("choices"), f"a question of kind {kind} has no choices")
    if kind not in COUNTED and (fewest or most):
        yield Mistake(place.key("at_least" if fewest else "at_most"), f"a question of kind {kind} counts nothing")
    if kind == QuestionKind.ONE_OR_MORE and not fewest:
        yield Mistake(place.key("at_least"), "must be at least 1: how many choices are needed?")
    if most and most < fewest:
        yield Mistake(place.key("at_most"), f"must not be below at_least, which is {fewest}")
    if kind in WITH_LISTED and fewest > len(question["choices"]):
        yield Mistake(place.key("at_least"), f"asks for {fewest} of {len(question['choices'])} choices")


def _form(form: Entry, book: Book) -> Iterator[Mistake]:
    kinds = {question["code"]: question["kind"] for question in book.questions}
    optional = _optional_only(book)
    sections, asked = _keys(form["sections"], "code"), set[str]()
    for item in form["items"]:
        yield from _known(item, "question", kinds.keys(), "question")
        yield from _known(item, "section", sections, "section of this form")
        if kinds.get(item["question"]) in WITH_WORDS and item["max_words"] is None:
            yield Mistake(item.place.key("max_words"), "is missing: a text needs a limit")
        if item["show_if"] and item["show_if"]["question"] == AREAS:
            yield from _waits_for_areas(item, form, book)
        elif item["show_if"] and item["show_if"]["question"] not in asked:
            yield Mistake(item["show_if"].place.key("question"), "must be asked earlier in this form")
        if item["show_if"] and item["show_if"]["question"] in optional:
            yield Mistake(item["show_if"].place.key("question"), "no rule may depend on this question")
        if item["required"] and item["question"] in optional:
            yield Mistake(item.place.key("required"), "must be false: nobody has to answer this question")
        asked.add(item["question"])
    for section in form["sections"]:
        if section["code"] not in {item["section"] for item in form["items"]}:
            yield Mistake(section.place, "this section asks nothing")


def _waits_for_areas(item: Entry, form: Entry, book: Book) -> Iterator[Mistake]:
    known = {area["code"] for stream in book.streams if stream["form"] == form["code"] for area in stream["areas"]}
    for code in item["show_if"]["in"]:
        if code not in known:
            yield Mistake(item["show_if"].place.key("in"), f"no stream with this form has the area “{code}”")


def _optional_only(book: Book) -> set[str]:
    return {question["code"] for question in book.questions if question["optional_only"]}


def _track(track: Entry, book: Book) -> Iterator[Mistake]:
    yield from _known(track, "form", _keys(book.forms, "code"), "form")
    codes = _keys(book.key_dates, "code")
    for step in track["steps"]:
        yield from _known(step, "opens", codes, "key date")
        yield from _known(step, "closes", codes, "key date")
    general = book.cycle["general_form"] if book.cycle else ""
    yield from _rubric(track["rubric"], _asked(book, general, track["form"]), _optional_only(book))
    yield from _areas(track["rubric"], [stream for stream in book.streams if track["slug"] in stream["tracks"]])


def _evaluation(evaluation: Entry, book: Book) -> Iterator[Mistake]:
    yield from _all_known(evaluation, "tracks", _keys(book.tracks, "slug"), "track")
    yield from _all_known(evaluation, "streams", _keys(book.streams, "slug"), "stream")
    if evaluation["streams_ask"] == AskedWhen.ADVANCED:
        yield from _asked_by_mentors(evaluation, book)
    if evaluation["kind"] == EvaluationKind.EXTERNAL:
        yield from _external(evaluation)
        return
    if evaluation["provider"]:
        yield Mistake(evaluation.place.key("provider"), "a provider belongs to an evaluation of the kind “external”")
    yield from _known(evaluation, "form", _keys(book.forms, "code"), "form")
    if 0 < evaluation["time_limit"] < 5:
        yield Mistake(evaluation.place.key("time_limit"), "a clock runs for at least 5 minutes; 0 is none")
    if not evaluation["form"]:
        yield Mistake(evaluation.place.key("form"), "a task needs a form")
    sections = {part["code"] for form in book.forms if form["code"] == evaluation["form"] for part in form["sections"]}
    for part in evaluation["parts"]:
        if part["section"] not in sections:
            yield Mistake(part.place.key("section"), f"the form has no section “{part['section']}”")
    if evaluation["rubric"] is not None:
        yield from _rubric(evaluation["rubric"], _asked(book, evaluation["form"]), _optional_only(book))
        yield from _areas(
            evaluation["rubric"],
            [
                stream
                for stream in book.streams
                if stream["slug"] in evaluation["streams"] or set(stream["tracks"]) & set(evaluation["tracks"])
            ],
        )
    elif evaluation["tracks"]:
        yield Mistake(evaluation.place.key("rubric"), "an evaluation of a track needs a rubric to grade by")


def _asked_by_mentors(evaluation: Entry, book: Book) -> Iterator[Mistake]:
    place = evaluation.place.key("streams_ask")
    if not evaluation["streams"] or evaluation["tracks"]:
        yield Mistake(place, "only what streams alone ask for can wait until the person reaches their mentors")
    if missing := {"stream_stage_opens", "stream_stage_closes"} - _keys(book.key_dates, "code"):
        yield Mistake(place, f"it is written between key dates that are not there: {', '.join(sorted(missing))}")


def _external(evaluation: Entry) -> Iterator[Mistake]:
    """A test at a provider has no form, no clock of ours and no rubric."""
    if not evaluation["provider"]:
        yield Mistake(evaluation.place.key("provider"), "an evaluation of the kind “external” names its provider")
    for key in ("form", "time_limit", "parts", "rubric"):
        if evaluation[key]:
            yield Mistake(evaluation.place.key(key), "an evaluation of the kind “external” has none")


def _rubric(rubric: Entry, asked: set[str], optional: set[str]) -> Iterator[Mistake]:
    total = Decimal(0)
    groups: dict[str, tuple[str, float]] = {}
    low, high = rubric["scale_min"], rubric["scale_max"]
    if is_inverted := low >= high:
        yield Mistake(rubric.place.key("scale_max"), f"must be above scale_min, which is {low}")
    for criterion in rubric["criteria"]:
        if not criterion["questions"]:
            yield Mistake(criterion.place.key("questions"), "names no question as its evidence")
        if criterion["questions"] and set(criterion["questions"]) <= optional:
            yield Mistake(criterion.place.key("questions"), "rests on questions alone that nobody has to answer")
        for code in criterion["questions"]:
            if code not in asked:
                yield Mistake(criterion.place.key("questions"), f"“{code}” is not asked in the forms of this rubric")
        if not is_inverted:
            yield from _levels(criterion, low, high)
        group, terms = criterion["group"], (criterion["group_rule"], criterion["weight"])
        if terms[0] in BEST_COUNTS and not group:
            yield Mistake(criterion.place.key("group"), "is missing: the best of which criteria counts?")
        # What is scored of the people of one area alone comes on top of the rest.
        if not criterion["area"] and (terms[0] == GroupRule.SUM or group not in groups):
            total += Decimal(str(criterion["weight"]))
        if group and groups.setdefault(group, terms) != terms and BEST_COUNTS & {terms[0], groups[group][0]}:
            yield Mistake(criterion.place, f"the criteria of the group “{group}” must have one rule and one weight")
    if total != HUNDRED:
        yield Mistake(
            rubric.place.key("criteria"), f"the weights add up to {total}, not to 100 (the best of a group counts once)"
        )


def _finder(question: Entry, book: Book) -> Iterator[Mistake]:
    for option in question["options"]:
        yield from _all_known(option, "tracks", _keys(book.tracks, "slug"), "track")
        if option["value"] == NO_LEANING:
            yield Mistake(
                option.place.key("value"), f"“{NO_LEANING}” is the answer that every question has; choose another word"
            )
        if option["tracks"] and not option["because"]:
            yield Mistake(option.place.key("because"), "say why this answer speaks for these tracks")


def _levels(criterion: Entry, low: int, high: int) -> Iterator[Mistake]:
    place = criterion.place.key("anchors")
    said = {int(level) for level, words in criterion["anchors"].values.items() if words}
    for level in range(low, high + 1):
        if level not in said and (level in {low, high} or not {level - 1, level + 1} <= said):
            yield Mistake(place.key(str(level)), "is missing: a level is described or lies between two that are")
    for level in sorted(said - set(range(low, high + 1))):
        yield Mistake(place.key(str(level)), f"is not on the scale, which goes from {low} to {high}")


def _areas(rubric: Entry, streams: Iterable[Entry]) -> Iterator[Mistake]:
    known = {(stream["slug"], area["code"]) for stream in streams for area in stream["areas"]}
    for criterion in rubric["criteria"]:
        named = (criterion["stream"], criterion["area"])
        if any(named) and named not in known:
            yield Mistake(
                criterion.place.key("area"),
                "must be an area of a stream that this rubric is about; “stream” says of which",
            )


def _practice(item: Entry, book: Book) -> Iterator[Mistake]:
    yield from _known(item, "track", _keys(book.tracks, "slug"), "track")
    general = book.cycle["general_form"] if book.cycle else ""
    for track in book.tracks:
        if track["slug"] != item["track"] or not track["rubric"]:
            continue
        asked = _asked(book, general, track["form"])
        # An invented text has chosen no area.
        criteria = {row["code"] for row in track["rubric"]["criteria"] if not row["area"]}
        for answer in item["answers"]:
            yield from _known(answer, "question", asked, "question in the forms of this track")
        for score in item["scores"]:
            yield from _known(score, "criterion", criteria, "criterion in the rubric of this track")
        for code in sorted(criteria - _keys(item["scores"], "criterion")):
            yield Mistake(item.place.key("scores"), f"no score for the criterion “{code}”")


def _stream(stream: Entry, book: Book) -> Iterator[Mistake]:
    yield from _all_known(stream, "tracks", _keys(book.tracks, "slug"), "track")
    yield from _all_known(stream, "topics", _keys(book.topics, "slug"), "topic")
    if not stream["tracks"]:
        yield Mistake(
            stream.place.key("tracks"), "a stream belongs to at least one track; the first is its primary one"
        )
    yield from _known(stream, "form", _keys(book.forms, "code"), "form")
    yield from _known(stream, "site", _keys(book.sites, "slug"), "site")
    for mentor in stream["mentors"]:
        yield from _known(mentor, "mentor", _keys(book.mentors, "code"), "mentor")
    if MentorRole.LEAD not in {mentor["role"] for mentor in stream["mentors"]}:
        yield Mistake(stream.place.key("mentors"), "one of the mentors must have the role lead")
    yield from _stream_rules(stream, book)
    yield from _stream_parts(stream)


def _stream_rules(stream: Entry, book: Book) -> Iterator[Mistake]:
    place = stream.place
    if stream["in_person"] == InPerson.REQUIRED and not stream["site"]:
        yield Mistake(place.key("site"), "is missing: this stream is in person")
    if stream["state"] != StreamState.DRAFT and not stream["seats_granted"]:
        yield Mistake(place.key("seats_granted"), "must be at least 1 before a stream is published")
    if stream["state"] != StreamState.DRAFT and not stream["published_on"]:
        yield Mistake(place.key("published_on"), "is missing: this stream is published")
    if stream["state"] == StreamState.PAUSED and not stream["pause_reason"]:
        yield Mistake(place.key("pause_reason"), "is missing: people are told why a stream is paused")
    wanted, asked = stream["selection_mode"] == SelectionMode.FELLOW_PROPOSES, _asked(book, stream["form"])
    if wanted and PROJECT_IDEA not in asked:
        yield Mistake(place.key("form"), f"must ask “{PROJECT_IDEA}”: in this stream the fellow proposes the project")
    if not wanted and PROJECT_IDEA in asked:
        yield Mistake(
            place.key("form"), f"asks “{PROJECT_IDEA}”, which only streams do where the fellow proposes the project"
        )


def _stream_parts(stream: Entry) -> Iterator[Mistake]:
    for requirement in stream["requirements"]:
        yield from _known(requirement, "area", _keys(stream["areas"], "code"), "area of this stream")
        if requirement["min_options"] > len(requirement["options"]):
            yield Mistake(requirement.place.key("min_options"), "asks for more options than there are")
    for item in stream["reading"]:
        if not item["url"].startswith("https://"):
            yield Mistake(item.place.key("url"), "must start with https://")


def _asked(book: Book, *forms: str) -> set[str]:
    return {item["question"] for form in book.forms if form["code"] in forms for item in form["items"]}


def _known(entry: Entry, name: str, known: Iterable[str], noun: str) -> Iterator[Mistake]:
    value = entry[name]
    if value and value not in known:
        yield Mistake(entry.place.key(name), f"there is no {noun} “{value}”")


def _all_known(entry: Entry, name: str, known: Iterable[str], noun: str) -> Iterator[Mistake]:
    for value in entry[name]:
        if value not in known:
            yield Mistake(entry.place.key(name), f"there is no {noun} “{value}”")


def _keys(entries: list[Entry], name: str) -> set[str]:
    return {entry[name] for entry in entries}
