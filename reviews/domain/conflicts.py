"""Keep people from judging those they are close to."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.models import User
from core import audit
from core.refusals import Refused
from core.transitions import locked, transition
from reviews.domain.packets import drop_sentences
from reviews.models import CoAuthor, ConflictHint, ConflictOfInterest, ReviewAssignment
from reviews.queries.access import VISIBLE
from reviews.queries.closeness import Found
from reviews.states import KIND_OF_SOURCE, AssignmentState, ConflictKind, ConflictSource, HintState


@transaction.atomic
def declare_conflict(*, assignment: ReviewAssignment, kind: str, by: Any, note: str = "") -> ReviewAssignment:
    """Record that the reviewer should not judge this person: everything they have of them leaves their table.

    A score already handed in counts no more. Doing it twice changes nothing.
    """
    assignment = locked(assignment, "track_application__application", "evaluation__application")
    if assignment.reviewer_id != by.pk:
        raise Refused("This text is not yours to review.")
    if assignment.state == AssignmentState.CONFLICTED:
        return assignment
    target = assignment.track_application or assignment.evaluation
    if target is None:
        raise Refused("There is nothing to read here.")
    record_conflict(reviewer=by, person=User(pk=target.application.person_id), kind=kind, note=note, by=by)
    return locked(assignment)


@transaction.atomic
def record_conflict(
    *,
    reviewer: User,
    person: User,
    kind: str,
    by: Any,
    note: str = "",
    source: str = ConflictSource.DECLARED,
) -> ConflictOfInterest:
    """Record a conflict between two people; it holds both ways, and ends what either has to judge of the other."""
    if reviewer.pk == person.pk:
        raise Refused("A person's own application is kept from them anyway.")
    if kind not in ConflictKind.values:
        raise Refused("Choose one of the reasons.")
    conflict, is_new = ConflictOfInterest.objects.get_or_create(
        reviewer_id=reviewer.pk,
        person_id=person.pk,
        defaults={"kind": kind, "note": note.strip()[:300], "source": source},
    )
    if is_new:
        audit.record("declare_conflict", conflict, by=by, kind=kind, source=source)
    for judge, judged in ((reviewer, person), (person, reviewer)):
        for row in _assignments_of(judge, judged):
            transition(row, "declare_conflict", by=by)
            drop_sentences(assignment=row, by=by)
    return conflict


@transaction.atomic
def settle_conflict(*, assignment: ReviewAssignment) -> ReviewAssignment:
    """Take a text from a reader who is in conflict with its author: both were written at the same instant.

    Nobody read it meanwhile: the page asks for conflicts anew each time. Safe to repeat.
    """
    assignment = locked(assignment)
    if assignment.state not in VISIBLE:
        return assignment
    assignment = transition(assignment, "declare_conflict", by=None)
    drop_sentences(assignment=assignment, by=None)
    return assignment


@transaction.atomic
def note_closeness(*, found: Iterable[Found], by: Any) -> tuple[int, int]:
    """Record what is certain, and keep the rest for a person to look at. Returns how many were new of each.

    Safe to repeat: what staff have said about a pair stands, and so does what the two have said themselves.
    """
    recorded = hinted = 0
    known = set(ConflictOfInterest.objects.values_list("reviewer_id", "person_id"))
    for one in found:
        if (one.reviewer, one.person) in known or (one.person, one.reviewer) in known:
            continue
        if one.is_certain:
            record_conflict(
                reviewer=User(pk=one.reviewer),
                person=User(pk=one.person),
                kind=KIND_OF_SOURCE[ConflictSource(one.source)],
                source=one.source,
                note=one.evidence,
                by=by,
            )
            known.add((one.reviewer, one.person))
            recorded += 1
            continue
        _, is_new = ConflictHint.objects.get_or_create(
            reviewer_id=one.reviewer, person_id=one.person, source=one.source, defaults={"evidence": one.evidence[:200]}
        )
        hinted += is_new
    return recorded, hinted


@transaction.atomic
def confirm_hint(*, hint: ConflictHint, by: Any) -> ConflictOfInterest:
    """Make a hint a conflict, with all that follows from one. Doing it twice changes nothing."""
    hint = locked(hint)
    if hint.state != HintState.CONFIRMED:
        hint = transition(hint, "confirm", by=by)
    return record_conflict(
        reviewer=User(pk=hint.reviewer_id),
        person=User(pk=hint.person_id),
        kind=KIND_OF_SOURCE[ConflictSource(hint.source)],
        source=hint.source,
        note=hint.evidence,
        by=by,
    )


@transaction.atomic
def dismiss_hint(*, hint: ConflictHint, by: Any) -> ConflictHint:
    """Say that two people are not close; the same evidence is not shown again."""
    return transition(locked(hint), "dismiss", by=by)


@transaction.atomic
def replace_co_authors(*, reviewer: User, people: Iterable[tuple[str, str]], by: Any) -> int:
    """Take ``people`` (name, address) as the co-authors of a reviewer instead of an earlier list. Returns how many."""
    reviewer = locked(reviewer)
    CoAuthor.objects.filter(reviewer=reviewer).delete()
    rows = CoAuthor.objects.bulk_create(
        (CoAuthor(reviewer=reviewer, name=name[:200], email=email.lower()) for name, email in people),
        ignore_conflicts=True,
    )
    audit.record("replace_co_authors", reviewer, by=by, n=len(rows))
    return len(rows)


def _assignments_of(reviewer: User, person: User) -> list[ReviewAssignment]:
    mine = ReviewAssignment.objects.filter(reviewer_id=reviewer.pk, state__in=sorted(VISIBLE))
    about = mine.filter(track_application__application__person_id=person.pk) | mine.filter(
        evaluation__application__person_id=person.pk
    )
    return list(
        ReviewAssignment.objects.filter(pk__in=about.values("pk"))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
