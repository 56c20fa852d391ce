"""Two worlds that differ in one secret: who is in them, what is secret, and who may know of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import pgtrigger
from django.core.cache import cache
from django.db import transaction

from accounts.models import User
from accounts.states import Role, ScopeKind
from applications.models import Letter, Reference, TrackApplication
from applications.states import TrackState
from core import clock, outbox, visitors
from core.models import AuditEvent, OutboxMail
from mats_portal.desk.phases import move_phases
from reviews.domain import batches
from reviews.domain.conflicts import record_conflict
from reviews.models import DecisionBatch, Review, ReviewAssignment
from tests.applications import factories as applying
from tests.reviews import factories as reviewing
from tests.roles import as_owner
from tests.security.crawl import Visitor
from tests.security.matrix import Sample
from tests.security.sample import rich_sample
from tests.worlds import World, grant, person

#: Words that stand in one field each and nowhere else.
READER_NAME = "Quillon Ravensworth"
NOTE, LETTER, REASON = "canary-note-41b", "canary-letter-77d", "canary-reason-c05"
QUESTION = "canary-question-9e2"


@dataclass(frozen=True)
class Cast:
    """Who is there. ``applicant``: read by two, decided on, told nothing. ``third``: one of two readings is in."""

    world: World
    sample: Sample
    reading: ReviewAssignment
    other_reading: ReviewAssignment
    newcomers_reading: ReviewAssignment
    open_reading: ReviewAssignment
    #: Of the applicant's task: handed in by the first reader, while the second has not graded it.
    grading: ReviewAssignment
    batch: DecisionBatch
    visitors: tuple[Visitor, ...]

    def visitor(self, name: str) -> Visitor:
        """Return one of them."""
        return next(one for one in self.visitors if one.name == name)

    def words(self) -> tuple[str, ...]:
        """What is typed into every search: names and numbers of the people whom the secrets are about."""
        return (
            self.world.people["applicant"].display_name,
            READER_NAME,
            str(self.sample.parameters["reference"]),
            self.reading.label,
        )


def assemble() -> Cast:
    """Make the world: an example of everything, two applications under review, one of them decided on in secret."""
    world, sample = rich_sample()
    people = world.people
    # Somebody of the staff who is close to the applicant: to them, the application is not there.
    people["close staff"] = person("close staff")
    grant(people["close staff"], Role.STAFF)
    record_conflict(
        reviewer=people["close staff"], person=people["applicant"], kind="personal", by=people["close staff"]
    )
    third = applying.under_review(world, "third applicant")
    reviewing.assign(world)
    people["newcomer"] = person("newcomer")
    for track in world.tracks.values():
        grant(people["newcomer"], Role.REVIEWER, ScopeKind.TRACK, track)
    row = ReviewAssignment.objects.get(public_id=sample.parameters["assignment"]).track_application
    first, second = reviewing.readings_of(row)
    User.objects.filter(pk=first.reviewer_id).update(display_name=READER_NAME)
    # The newcomer reads the third application in the place of whoever reads the first: then the two can be exchanged.
    begun = reviewing.readings_of(reviewing.of(third))[0]
    begun = next(
        (one for one in reviewing.readings_of(begun.track_application) if one.reviewer == first.reviewer), begun
    )
    ReviewAssignment.objects.filter(pk=begun.pk).update(reviewer=people["newcomer"])
    begun.refresh_from_db()
    waiting = begun.track_application.review_assignments.exclude(pk=begun.pk).get()
    gradings = ReviewAssignment.objects.filter(evaluation__application__person=people["applicant"])
    grading = gradings.get(reviewer=first.reviewer)
    reviewing.review(world, grading, 4, follow_ups=(QUESTION,))
    for reading, value, note in ((first, 5, NOTE), (second, 4, "Another note."), (begun, 2, "A third note.")):
        reviewing.review(world, reading, value, note_internal=note)
    write_letter(Reference.objects.get(public_id=sample.parameters["referee"]))
    batch = decide(DecisionBatch.objects.get(public_id=sample.parameters["batch"]), world, "advance")
    extra = {
        "reader": first.reviewer,
        "co-reader": second.reviewer,
        "waiting reader": waiting.reviewer,
        "third": people["third applicant"],
        "close staff": people["close staff"],
        "newcomer": people["newcomer"],
    }
    who = {**sample.people, **extra}
    found = [Visitor(name, user) for name, user in who.items()]
    found.append(Visitor("referee", None, door=f"/refer/open/{sample.parameters['token']}/"))
    return Cast(world, sample, first, second, begun, waiting, grading, batch, tuple(found))


def write_letter(reference: Reference, text: str = LETTER) -> None:
    """Put a letter on record."""
    content = [{"code": "letter", "question": "Or paste a letter", "display": text}]
    Letter.objects.create(reference=reference, content=content, sha256="0" * 64, submitted_at=reference.submitted_at)


def decide(batch: DecisionBatch, world: World, outcome: str) -> DecisionBatch:
    """Decide on everybody in a batch and have it approved; nothing is released."""
    with clock.at(world.moments["review"]):
        for line in batch.decisions.order_by("pk"):
            batches.set_outcome(decision=line, outcome=outcome, reason=REASON, by=world.people["staff a"])
        batch.refresh_from_db()
        return batches.approve_batch(batch=batch, version=batch.version, by=world.people["staff b"])


def swap_readers(cast: Cast) -> None:
    """The first reading of the applicant, and that of the third by the newcomer, were each written by the other."""
    for reading, reader in (
        (cast.reading, cast.newcomers_reading.reviewer),
        (cast.newcomers_reading, cast.reading.reviewer),
    ):
        ReviewAssignment.objects.filter(pk=reading.pk).update(reviewer=reader)


def swap_score(cast: Cast) -> None:
    """The first reader of the applicant scored otherwise."""
    _score_anew(cast.reading)


def swap_score_beside_an_open_reading(cast: Cast) -> None:
    """One reader of the third applicant scored otherwise, while the other has not handed in."""
    _score_anew(cast.newcomers_reading)


def _score_anew(reading: ReviewAssignment) -> None:
    review = Review.objects.get(assignment=reading)
    review.scores.update(value=3)
    Review.objects.filter(pk=review.pk).update(mean=Decimal("3.000"), confidence="low")


def swap_conflict(cast: Cast) -> None:
    """Somebody who reads nothing of the third applicant turns out to be close to them."""
    author, close = cast.world.people["third applicant"], cast.reading.reviewer
    with clock.at(cast.world.moments["review"]):
        record_conflict(reviewer=close, person=author, kind="personal", by=close)


def swap_decision(cast: Cast) -> None:
    """The same batch, approved and not released, says no, and has from the first: as many lines in the record."""
    rows = TrackApplication.objects.filter(decisions__batch=cast.batch)
    keys = list(rows.values_list("public_id", flat=True))
    cast.batch.decisions.update(outcome="not_advance")
    rows.update(internal_state=TrackState.IN_REVIEW)
    TrackApplication.objects.filter(public_id__in=keys).update(internal_state=TrackState.NOT_ADVANCED)
    with as_owner(), pgtrigger.ignore("core.AuditEvent:append_only"):
        AuditEvent.objects.filter(object_key__in=keys, verb="advance").update(
            verb="not_advance", after=TrackState.NOT_ADVANCED
        )
        AuditEvent.objects.filter(object_key=cast.batch.public_id, verb="set_outcome").update(after="not_advance")


def swap_note(cast: Cast) -> None:
    """The first reader wrote something else for the track lead alone."""
    Review.objects.filter(assignment=cast.reading).update(note_internal="Something else entirely.")


def swap_question(cast: Cast) -> None:
    """A grader of the applicant's task would ask them something else."""
    Review.objects.filter(assignment=cast.grading).update(follow_up_1="Something else?", follow_up_2="")


def swap_letter(cast: Cast) -> None:
    """The referee wrote something else."""
    Letter.objects.update(content=[{"code": "letter", "question": "Or paste a letter", "display": "Not that."}])


@dataclass(frozen=True)
class Secret:
    """One thing that is changed, and who may notice (``known_to``, by the names of the columns)."""

    swap: Callable[[Cast], None]
    known_to: frozenset[str]
    #: Whom the release tells.
    known_after: frozenset[str] = frozenset()


#: Staff and the lead of the track; who is close to the applicant is none of them as far as the applicant goes.
LEADS = frozenset({"staff", "admin", "lead"})
SECRETS = {
    "who reads": Secret(swap_readers, LEADS | {"reader", "newcomer"}),
    "a score": Secret(swap_score, LEADS | {"reader"}),
    "a score beside an open reading": Secret(swap_score_beside_an_open_reading, LEADS | {"newcomer", "close staff"}),
    # Observers read the record, as their role says.
    "a conflict": Secret(swap_conflict, LEADS | {"reader", "close staff", "observer"}),
    "an unreleased decision": Secret(swap_decision, LEADS | {"observer"}),
    "an internal note": Secret(swap_note, LEADS | {"reader"}),
    "a question for an interview": Secret(swap_question, LEADS | {"reader"}, frozenset({"mentor"})),
    "a letter": Secret(swap_letter, LEADS),
}


def unknown_to(cast: Cast, visitor: Visitor, *, released: bool = False) -> dict[str, Secret]:
    """Return the secrets that ``visitor`` must not notice: a person may be there under several names."""
    names = {one.name for one in cast.visitors if one.user is not None and one.user == visitor.user} | {visitor.name}
    return {
        name: secret
        for name, secret in SECRETS.items()
        if not (secret.known_to | (secret.known_after if released else frozenset())) & names
    }


@contextmanager
def fork() -> Iterator[None]:
    """Whatever happens inside did not happen, and nothing that was kept from the other world is handed out."""
    forget()
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        forget()


def forget() -> None:
    """Empty what pages are kept in."""
    cache.clear()
    visitors.forget()


Mail = tuple[str, str, str, str]


def mails_of(cast: Cast, *, release: bool) -> dict[str, list[Mail]]:
    """Let a day of the calendar pass, after a release or without one; return what is written to whom."""
    moment = cast.world.moments["advanced" if release else "review"]
    before = set(OutboxMail.objects.values_list("pk", flat=True))
    with clock.at(moment):
        if release:
            batches.release_batch(batch=cast.batch, by=cast.world.people["staff a"])
        move_phases()
    found: dict[str, list[Mail]] = {}
    for mail in OutboxMail.objects.exclude(pk__in=before).order_by("pk"):
        found.setdefault(mail.to, []).append((mail.subject, mail.body, str(mail.not_before), outbox.message_id(mail)))
    return found
