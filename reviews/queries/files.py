"""A table of who reads what, looked at line by line before anything changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from applications.models import TrackApplication
from reviews.models import ReviewAssignment
from reviews.queries.access import conflicted_with
from reviews.queries.proposing import Line
from reviews.queries.standing import NO_RUBRIC, NOT_READ, Standing, standing_of
from reviews.states import AssignmentState, ChangeReason
from streams.models import Track


@dataclass(frozen=True)
class FileLine:
    """One line as it was typed."""

    number: int
    reference: str
    reviewer: str
    instead_of: str


@dataclass(frozen=True)
class Checked:
    """What the lines come to: changes, or what is wrong with which line."""

    lines: tuple[Line, ...]
    errors: tuple[str, ...]


class _Wrong(Exception):
    """One line cannot be done."""


def checked(track: Track, lines: Sequence[FileLine], user: Any) -> Checked:
    """Look at every line of a table for ``track``. People whom ``user`` is close to are unknown to them here."""
    rows = {
        row.application.reference.lower(): row
        for row in TrackApplication.objects.filter(
            track=track, application__reference__in={line.reference.upper() for line in lines}
        )
        .exclude(conflicted_with(user, "application__person"))
        .select_related("application")
    }
    emails = {email.lower() for line in lines for email in (line.reviewer, line.instead_of) if email}
    people = {one.email.lower(): one for one in User.objects.filter(email__in=emails)}
    standing = standing_of(("track_application", row.pk) for row in rows.values())
    held = {
        (row.track_application_id, row.reviewer_id): row
        for row in ReviewAssignment.objects.filter(track_application__in=[row.pk for row in rows.values()])
    }
    found: list[Line] = []
    errors = []
    for line in lines:
        try:
            found.append(_checked(line, rows, people, standing, held, found))
        except _Wrong as wrong:
            errors.append(f"Line {line.number}: {wrong}")
    return Checked(tuple(found), tuple(errors))


def _checked(
    line: FileLine,
    rows: dict[str, TrackApplication],
    people: dict[str, User],
    standing: Standing,
    held: dict[tuple[int | None, int], ReviewAssignment],
    found: Sequence[Line],
) -> Line:
    row, reader = rows.get(line.reference.lower()), people.get(line.reviewer.lower())
    if row is None:
        raise _Wrong(f"no application “{line.reference}” in this track.")
    # Whether somebody has an account is told of reviewers of this track alone.
    key = ("track_application", row.pk)
    if reader is None or reader.pk not in standing.pool[key]:
        raise _Wrong(f"“{line.reviewer}” is no reviewer of this track.")
    if why := standing.why_not(key, reader.pk):
        raise _Wrong(f"{row.application.reference} {why}." if why in {NOT_READ, NO_RUBRIC} else f"{reader} {why}.")
    if any(one.key == key and one.reader == reader.pk for one in found):
        raise _Wrong("says the same as an earlier line.")
    leaves = None
    if line.instead_of:
        other = people.get(line.instead_of.lower())
        leaves = held.get((row.pk, other.pk)) if other else None
        if leaves is None or leaves.state not in {AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS}:
            raise _Wrong(f"“{line.instead_of}” does not read {row.application.reference}.")
        if leaves.state != AssignmentState.ASSIGNED:
            raise _Wrong(f"{other} has started reading {row.application.reference}.")
        if any(one.leaves == leaves.pk for one in found):
            raise _Wrong("moves what an earlier line moves.")
    elif standing.wanted[key] <= len(standing.present[key]) + sum(one.key == key and not one.leaves for one in found):
        raise _Wrong(f"{row.application.reference} has enough readers.")
    return Line(key, reader.pk, ChangeReason.FILE, leaves.pk if leaves else None)
