"""The general application as its applicant sees it: sections, their state, what is missing."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from applications.models import Application
from applications.queries.calendar import CycleDates, dates_for
from applications.queries.sheets import Asked, Part, Place, general_place, parts, track_places
from applications.states import AnswerScope, ApplicationState
from core import clock

TRACKS = "tracks"
NO_TRACK = "Choose at least one track"


@dataclass(frozen=True)
class Section:
    """One page of the general application."""

    code: str
    title: str
    intro: str
    place: Place | None
    items: tuple[Asked, ...] = ()
    chosen: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Address of the section's page."""
        return reverse("applications:section", args=[self.code])

    @property
    def minutes(self) -> int:
        """Declared minutes of the whole section."""
        return sum(one.question.effort_minutes for one in self.items) if self.place else 2

    @property
    def minutes_left(self) -> int:
        """Declared minutes of what still stands against handing it in."""
        if not self.place:
            return 0 if self.chosen else 2
        return sum(one.question.effort_minutes for one in self.items if one.problem)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Element of the page and sentence, for each thing that stands against submitting."""
        if not self.place:
            return [] if self.chosen else [("field-tracks", NO_TRACK)]
        return [(f"field-{one.item.pk}", one.problem) for one in self.items if one.problem]

    @property
    def is_complete(self) -> bool:
        """Whether nothing stands against submitting it."""
        return not self.problems

    @property
    def n_too_long(self) -> int:
        """How many answers have too many words."""
        return sum(one.words_over > 0 for one in self.items if one.applies)

    @property
    def state(self) -> tuple[str, str]:
        """Kind of chip and words for how far the section is."""
        if self.n_too_long:
            return "warn", "Needs attention"
        is_started = bool(self.chosen) or any(one.answer is not None for one in self.items)
        if self.is_complete:
            return ("done", "Complete") if is_started else ("none", "Optional")
        return ("move", "In progress") if is_started else ("none", "Not started")

    @property
    def saved_at(self) -> datetime | None:
        """When something was last saved here."""
        return max((one.answer.saved_at for one in self.items if one.answer), default=None)


def sections_of(application: Application) -> list[Section]:
    """Return the sections in their order: the first of the general form, the tracks, the others, the tracks' own."""
    general, tracks = general_place(application), track_places(application)
    loaded = parts(application, [general, *tracks])
    pages = [_page(part) for part in loaded[general]]
    choice = Section(TRACKS, "Tracks", "", None, chosen=tuple(place.title for place in tracks))
    own = [_track_page(place, loaded[place]) for place in tracks if loaded[place]]
    # The general form ends with statements about all of it; the tracks' questions come before them.
    return [*pages[:1], choice, *pages[1:-1], *own, *pages[1:][-1:]]


def _page(part: Part) -> Section:
    return Section(part.code, part.title, part.intro, part.place, part.items)


def _track_page(place: Place, rows: list[Part]) -> Section:
    items = tuple(one for part in rows for one in part.items)
    return Section(f"track-{place.scope_key}", f"Questions of {place.title}", rows[0].intro, place, items)


def is_writable(application: Application, dates: CycleDates | None = None) -> bool:
    """Say whether the draft may be written now."""
    dates = dates or dates_for(application)
    arrived = clock.arrival()
    return (
        application.released_state == ApplicationState.DRAFT
        and dates.has_begun("general_opens", arrived)
        and dates.deadline("general_closes").takes(arrived)
    )


def section_readers(section: Section) -> str:
    """Say who reads a section, and when."""
    classes = {one.question.data_class for one in section.items}
    if section.place is None:
        return "Reviewers and leads of the tracks you choose."
    if classes and classes <= {"logistics"}:
        return "The staff who plan the programme. It plays no part in selection."
    if classes and classes <= {"identity", "contact", "institution"}:
        return "Staff. Mentors of your streams, if you go on. The reviewers do not see it."
    if not classes <= {"none"}:
        return "Reviewers, without your name and without what is marked. Mentors of your streams, if you go on."
    if section.place.scope == AnswerScope.TRACK:
        return f"Reviewers of {section.place.title}, without your name. Mentors of your streams, if you go on."
    return "Reviewers, without your name. Mentors of your streams, if you go on."
