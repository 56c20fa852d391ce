"""Who may do what here. Whether it is possible now is the domain's question."""

from typing import Any

import rules

from accounts.queries import has_role
from accounts.rules import is_staff
from accounts.states import Role
from reviews.models import DecisionBatch, ReviewAssignment
from reviews.queries.access import batches_visible_to, review_assignments_visible_to


@rules.predicate
def is_reviewer(user: Any) -> bool:
    """Is in some track's pool of reviewers."""
    return has_role(user, Role.REVIEWER)


@rules.predicate
def is_track_lead(user: Any) -> bool:
    """Leads some track."""
    return has_role(user, Role.TRACK_LEAD)


@rules.predicate
def has_assignment(user: Any, assignment: ReviewAssignment | None) -> bool:
    """Was given this text and nothing stands against their reading it."""
    return assignment is not None and review_assignments_visible_to(user).filter(pk=assignment.pk).exists()


@rules.predicate
def is_visible_batch(user: Any, batch: DecisionBatch | None) -> bool:
    """May look at this batch."""
    return batch is not None and batches_visible_to(user).filter(pk=batch.pk).exists()


rules.add_perm("reviews.view_queue", is_reviewer)
rules.add_perm("reviews.write_review", has_assignment)
rules.add_perm("reviews.practise", is_reviewer)
rules.add_perm("reviews.view_progress", is_track_lead | is_staff)
rules.add_perm("reviews.assign_reviewers", is_staff)
rules.add_perm("reviews.view_batches", is_staff | is_track_lead)
rules.add_perm("reviews.view_batch", is_visible_batch)
rules.add_perm("reviews.make_batch", is_staff)
rules.add_perm("reviews.decide_batch", is_staff)
rules.add_perm("reviews.approve_batch", is_staff)
