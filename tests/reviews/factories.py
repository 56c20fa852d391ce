"""Readings and decisions at each station of their way, made by the domain's own functions."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from accounts.models import User
from accounts.states import Role, ScopeKind
from applications.models import Application, TrackApplication
from core import clock, jobs
from core.models import Job
from reviews.domain.batches import approve_batch, create_batch
from reviews.domain.feedback import check_packets
from reviews.domain.practice import ItemText, save_practice, score_practice, start_practice
from reviews.domain.reviews import Reading, submit_review
from reviews.domain.rubrics import CriterionText, RubricText, save_evaluation_rubric, save_track_rubric
from reviews.models import DecisionBatch, FeedbackPacket, PracticeItem, Review, ReviewAssignment
from reviews.states import GroupRule
from tests.applications import factories as applying
from tests.worlds import World, grant, person

ANCHORS = {"1": "no sign of it", "3": "some of it, with gaps", "5": "all of it, with evidence"}


def criterion(code: str, weight: int, **fields: Any) -> CriterionText:
    """Return one criterion."""
    fields = {"question_codes": [], **fields}
    return CriterionText(code=code, name=code.capitalize(), weight=Decimal(weight), anchors=ANCHORS, **fields)


def add_rubrics(world: World) -> None:
    """Give both tracks a rubric with a best-of group, and the coding task one of two criteria."""
    best = {"group": "skill", "group_rule": GroupRule.MAX}
    for track in world.tracks.values():
        save_track_rubric(
            track=track,
            by=None,
            text=RubricText(
                f"{track.name} review",
                1,
                [
                    criterion("motivation", 40, question_codes=["why"]),
                    criterion("code", 60, **best),
                    criterion("maths", 60, **best),
                ],
            ),
        )
    save_evaluation_rubric(
        definition=world.evaluation,
        by=None,
        text=RubricText(
            "Coding task",
            1,
            [
                criterion("correct", 70, question_codes=["approach"]),
                criterion("clear", 30),
            ],
        ),
    )


def add_practice(world: World, n: int = 2) -> PracticeItem:
    """Give the empirical track a practice set of ``n`` items; returns the first."""
    texts = [
        ItemText(
            code=f"text-{number}",
            title=f"Text {number}",
            order=number,
            answers=[{"question": "why", "text": f"Because of {number}.\n\nAnd more."}],
            scores=[
                {"criterion": "motivation", "level": 3, "reason": f"A reason for text {number}."},
                {"criterion": "code", "level": 4, "reason": "Code that runs."},
                {"criterion": "maths", "level": 0, "reason": "Not shown."},
            ],
        )
        for number in range(1, n + 1)
    ]
    save_practice(track=world.tracks["empirical"], items=texts, by=None)
    return PracticeItem.objects.get(code="text-1")


def practise(reviewer: User, item: PracticeItem, motivation: int = 3) -> None:
    """Go through the whole practice set of ``item`` once."""
    begun = start_practice(track=item.rubric.track, by=reviewer)
    for row in item.rubric.practice_items.all():
        score_practice(item=row, scores={"motivation": motivation, "code": 4, "maths": None}, by=reviewer)
    begun.refresh_from_db()
    assert begun.finished_at


def assign(world: World, *, by: User | None = None, track: str | None = None) -> Job:
    """Run the assignment job to its end."""
    track_id = world.tracks[track].pk if track else None
    with clock.at(world.moments["review"]):
        job = jobs.start("reviews.assign", by=by, cycle_id=world.cycle.pk, track_id=track_id)
        jobs.run(job.pk)
    job.refresh_from_db()
    return job


def reading(assignment: ReviewAssignment, value: int | None = 4, **fields: Any) -> Reading:
    """Return a complete reading with the same score for every criterion."""
    scores = dict.fromkeys(assignment.rubric.criteria.values_list("code", flat=True), value)
    return Reading(
        **{"scores": scores, "confidence": "medium", "feedback_public": "Name the failure you fixed.", **fields}
    )


def review(world: World, assignment: ReviewAssignment, value: int = 4, **fields: Any) -> Review:
    """Hand in one reading."""
    with clock.at(world.moments["review"]):
        version = getattr(Review.objects.filter(assignment=assignment).first(), "version", 0)
        return submit_review(
            assignment=assignment, reading=reading(assignment, value, **fields), version=version, by=assignment.reviewer
        )


def of(application: Application, track: str = "empirical") -> TrackApplication:
    """Return one track of an application, fresh."""
    return TrackApplication.objects.get(application=application, track__slug=track)


def readings_of(row: TrackApplication) -> list[ReviewAssignment]:
    """Return who reads one application in a track."""
    return list(row.review_assignments.order_by("pk"))


def read(world: World, application: Application, values: Iterable[int] = (4, 4), track: str = "empirical") -> None:
    """Hand in all readings of one application in a track."""
    for assignment, value in zip(readings_of(of(application, track)), values, strict=True):
        review(world, assignment, value)


def read_cohort(
    world: World, scores: dict[str, tuple[int, int]], track: str = "empirical", *, is_checked: bool = True
) -> dict[str, Application]:
    """Make one completely read application for each name, with the scores of its two readers, and check the notes."""
    applications = {}
    for who in scores:
        if who not in world.people:
            world.people[who] = person(who)
        applications[who] = applying.under_review(world, who, (track,), ("alpha" if track == "empirical" else "gamma",))
    assign(world)
    for who, application in applications.items():
        read(world, application, scores[who], track)
    if is_checked:
        check_notes(world, track)
    return applications


def check_notes(world: World, track: str = "empirical", by: str = "staff b") -> None:
    """Have every packet of notes of a track read and checked."""
    packets = FeedbackPacket.objects.filter(track_application__track=world.tracks[track], state="open")
    if versions := dict(packets.values_list("public_id", "version")):
        check_packets(track=world.tracks[track], versions=versions, by=world.people[by])


def review_batch(world: World, line: str = "3.5", track: str = "empirical") -> DecisionBatch:
    """Propose outcomes at the central review of a track."""
    with clock.at(world.moments["review"]):
        return create_batch(
            track=world.tracks[track], gate="review", by=world.people["staff a"], rule_line=Decimal(line)
        )


def approved_batch(world: World, line: str = "3.5", track: str = "empirical") -> DecisionBatch:
    """Have the second person approve such a batch."""
    batch = review_batch(world, line, track)
    with clock.at(world.moments["review"]):
        return approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])


def add_reviewers(world: World, n: int, track: str = "empirical") -> list[User]:
    """Put more people into the pool of a track."""
    added = []
    for number in range(n):
        user = person(f"further reviewer {track} {number}")
        grant(user, Role.REVIEWER, ScopeKind.TRACK, world.tracks[track])
        added.append(user)
    return added
