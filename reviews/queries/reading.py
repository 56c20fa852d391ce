"""One text beside its rubric, with the reader's own scores and words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from applications.queries.letters import LetterToRead, letters_about
from applications.states import TrackState
from core import clock
from reviews.models import Review, ReviewAssignment, ReviewScore
from reviews.queries.evidence import (
    HIDDEN_NAMES,
    ReadSection,
    classes_for,
    corrected_at,
    sections_of,
    tracks_read_for,
)
from reviews.queries.feedback import asked_of_reader
from reviews.queries.rubrics import CriterionRow, criteria_for, criterion_rows
from reviews.states import AssignmentState
from streams.queries.calendar import dates_of


@dataclass(frozen=True)
class ReviewPage:
    """Everything the review page shows. No field of it names the person."""

    public_id: str
    label: str
    track: str
    what: str
    #: The version by which the text is read: its public id and number.
    rubric: tuple[str, int]
    is_task: bool
    brief: str
    sections: tuple[ReadSection, ...]
    criteria: tuple[CriterionRow, ...]
    hidden: tuple[str, ...]
    confidence: str
    feedback_public: str
    note_internal: str
    #: The two questions of a task's grader, as they were saved.
    follow_ups: tuple[str, str]
    version: int
    saved_at: datetime | None
    is_submitted: bool
    #: When an answer was put right after the reader's own review was handed in.
    corrected_since: datetime | None
    is_withdrawn: bool
    asked: str  # what of their sentence the track leads would like said otherwise
    letters: tuple[LetterToRead, ...]
    opens_at: datetime | None
    closes_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether the reader can write now."""
        now = clock.arrival()
        return (
            not self.is_withdrawn
            and (self.opens_at is None or now >= self.opens_at)
            and (self.closes_at is None or now < self.closes_at)
        )


def subject_of(assignment: ReviewAssignment) -> int:
    """Return whose text it is (a primary key): for the record of openings, never for a page."""
    target = assignment.track_application or assignment.evaluation
    assert target is not None  # a constraint of the row
    return int(target.application.person_id)


def _letters(assignment: ReviewAssignment, tracks: Iterable[Any]) -> tuple[LetterToRead, ...]:
    """Return the references where the track gives them to its readers, once their own score is in: they anchor.

    In every other case they are not asked for: a letter names the person.
    """
    row = assignment.track_application
    if row is None or assignment.state != AssignmentState.SUBMITTED:
        return ()
    if not all(track.reviewers_read_references for track in tracks):
        return ()
    return tuple(letters_about(row.application_id))


def review_page(assignment: ReviewAssignment) -> ReviewPage:
    """Return what the reviewer of ``assignment`` (from ``texts_visible_to``) sees.

    Other people's readings are not asked for at all.
    """
    task, row = assignment.evaluation, assignment.track_application
    tracks = tracks_read_for(assignment)
    classes = classes_for(tracks)
    criteria = criteria_for(assignment)
    rubric = criteria[0].rubric
    sections = sections_of(assignment, classes, criteria)
    dates = dates_of(task.definition.cycle if task else row.track.cycle)
    reviews = Review.objects.filter(assignment=assignment).annotate(asked=asked_of_reader("assignment"))
    scores = Prefetch("scores", ReviewScore.objects.select_related("criterion"))
    review = reviews.prefetch_related(scores).first()
    return ReviewPage(
        public_id=assignment.public_id,
        label=assignment.label,
        track=", ".join(track.name for track in tracks),
        what=task.definition.title if task else "Application",
        rubric=(rubric.public_id, rubric.version),
        is_task=task is not None,
        brief=task.definition.brief if task else "",
        sections=sections,
        criteria=criterion_rows(criteria, sections, own_scores(review)),
        hidden=tuple(words for name, words in HIDDEN_NAMES.items() if name not in classes),
        confidence=review.confidence if review else "",
        feedback_public=review.feedback_public if review else "",
        note_internal=review.note_internal if review else "",
        follow_ups=(review.follow_up_1, review.follow_up_2) if review else ("", ""),
        version=review.version if review else 0,
        saved_at=review.saved_at if review else None,
        is_submitted=assignment.state == AssignmentState.SUBMITTED,
        corrected_since=_corrected_since(assignment, review, sections),
        is_withdrawn=(task.application if task else row).released_state == TrackState.WITHDRAWN,
        asked=review.asked if review else "",
        letters=_letters(assignment, tracks),
        opens_at=dates.instant("review_opens"),
        closes_at=dates.instant("review_closes"),
    )


def _corrected_since(
    assignment: ReviewAssignment, review: Review | None, sections: Iterable[ReadSection]
) -> datetime | None:
    if review is None or assignment.state != AssignmentState.SUBMITTED:
        return None
    at = corrected_at(sections)
    return at if at is not None and at > review.saved_at else None


def own_scores(review: Review | None) -> dict[str, str]:
    """Return the scores of a stored reading as the form posts them."""
    if review is None:
        return {}
    return {score.criterion.code: "0" if score.value is None else str(score.value) for score in review.scores.all()}


@dataclass(frozen=True)
class StoredReading:
    """The reader's own reading as it is stored, beside what they typed in another window."""

    version: int
    saved_at: datetime
    scores: tuple[tuple[str, str], ...]
    confidence: str
    feedback_public: str
    note_internal: str
    follow_ups: tuple[str, ...]


def stored_reading(review: Review) -> StoredReading:
    """Return a stored reading in words."""
    scores = review.scores.select_related("criterion").order_by("criterion__order", "criterion_id")
    return StoredReading(
        version=review.version,
        saved_at=review.saved_at,
        scores=tuple(
            (score.criterion.name, "cannot tell" if score.value is None else str(score.value)) for score in scores
        ),
        confidence=review.get_confidence_display() if review.confidence else "",
        feedback_public=review.feedback_public,
        note_internal=review.note_internal,
        follow_ups=review.follow_ups,
    )
