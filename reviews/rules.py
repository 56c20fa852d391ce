"""Who may do what here. Whether it is possible now is the domain's question."""

from typing import Any

import rules

from accounts.queries import has_role
from accounts.rules import is_staff
from accounts.states import Role
from core.policies import is_found
from reviews.models import AssignmentProposal, DecisionBatch, FeedbackPacket, FeedbackSentence, ReviewAssignment
from reviews.queries.access import (
    batches_visible_to,
    review_assignments_visible_to,
    texts_visible_to,
    tracks_to_watch,
)
from reviews.queries.feedback import packets_visible_to, sentences_visible_to
from reviews.queries.proposals import assignments_watched_by, proposals_visible_to
from streams.models import Track


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
    if assignment is None:
        return False
    if is_found(assignment, user, review_assignments_visible_to, texts_visible_to):
        return True
    return review_assignments_visible_to(user).filter(pk=assignment.pk).exists()


@rules.predicate
def is_visible_batch(user: Any, batch: DecisionBatch | None) -> bool:
    """May look at this batch."""
    return batch is not None and batches_visible_to(user).filter(pk=batch.pk).exists()


@rules.predicate
def leads_track(user: Any, track: Track | None) -> bool:
    """Leads this track, or is staff."""
    return track is not None and tracks_to_watch(user).filter(pk=track.pk).exists()


@rules.predicate
def leads_track_of_proposal(user: Any, proposal: AssignmentProposal | None) -> bool:
    """Leads the track that a proposal is about, or is staff."""
    if proposal is None:
        return False
    if is_found(proposal, user, proposals_visible_to):
        return True
    return tracks_to_watch(user).filter(pk=proposal.track_id).exists()


@rules.predicate
def watches_assignment(user: Any, assignment: ReviewAssignment | None) -> bool:
    """Leads the track of an assignment, or is staff, and is not close to its person."""
    if assignment is None:
        return False
    if is_found(assignment, user, assignments_watched_by):
        return True
    return assignments_watched_by(user).filter(pk=assignment.pk).exists()


@rules.predicate
def checks_packet(user: Any, packet: FeedbackPacket | None) -> bool:
    """Leads the track of a packet of notes, or is staff, and is not close to its person."""
    return packet is not None and packets_visible_to(user).filter(pk=packet.pk).exists()


@rules.predicate
def checks_sentence(user: Any, sentence: FeedbackSentence | None) -> bool:
    """May check the packet of a sentence, and did not write it."""
    return sentence is not None and sentences_visible_to(user).filter(pk=sentence.pk).exists()


rules.add_perm("reviews.check_feedback", leads_track)
rules.add_perm("reviews.check_packet", checks_packet)
rules.add_perm("reviews.check_sentence", checks_sentence)
rules.add_perm("reviews.view_queue", is_reviewer)
rules.add_perm("reviews.write_review", has_assignment)
rules.add_perm("reviews.practise", is_reviewer)
rules.add_perm("reviews.view_progress", is_track_lead | is_staff)
rules.add_perm("reviews.assign_reviewers", is_staff)
rules.add_perm("reviews.assign_track", leads_track)
rules.add_perm("reviews.assign_proposal", leads_track_of_proposal)
rules.add_perm("reviews.reassign", watches_assignment)
rules.add_perm("reviews.manage_conflicts", is_staff)
rules.add_perm("reviews.manage_rubrics", is_staff)
rules.add_perm("reviews.decide_hint", is_staff)
rules.add_perm("reviews.view_batches", is_staff | is_track_lead)
rules.add_perm("reviews.view_batch", is_visible_batch)
rules.add_perm("reviews.make_batch", is_staff)
rules.add_perm("reviews.decide_batch", is_staff)
rules.add_perm("reviews.approve_batch", is_staff)
