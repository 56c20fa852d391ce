"""Who may do what here."""

from typing import Any

import rules

from accounts.queries import has_role
from accounts.rules import is_observer, is_staff
from accounts.states import Role
from matching.queries.offers import own_offers
from matching.queries.rankings import people_visible_to, streams_of_mentor


@rules.predicate
def is_mentor(user: Any) -> bool:
    """Mentors in some stream."""
    return has_role(user, Role.MENTOR)


@rules.predicate
def mentors_in(user: Any, stream: Any) -> bool:
    """Mentors in this stream."""
    return stream is not None and streams_of_mentor(user).filter(pk=stream.pk).exists()


@rules.predicate
def reads_for_their_stream(user: Any, stream_application: Any) -> bool:
    """Mentors in the stream that this application reached."""
    return stream_application is not None and people_visible_to(user).filter(pk=stream_application.pk).exists()


@rules.predicate
def is_offered_it(user: Any, offer: Any) -> bool:
    """Is the person to whom this offer was sent."""
    return offer is not None and own_offers(user).filter(pk=offer.pk).exists()


rules.add_perm("matching.view_mentor_home", is_mentor)
rules.add_perm("matching.rank_people", mentors_in)
rules.add_perm("matching.read_person", reads_for_their_stream)
rules.add_perm("matching.view_run", is_staff | is_observer)
rules.add_perm("matching.commit_to_seed", is_staff)
rules.add_perm("matching.make_run", is_staff)
rules.add_perm("matching.approve_run", is_staff)
rules.add_perm("matching.explain_run", is_staff)
rules.add_perm("matching.view_offers", is_staff)
rules.add_perm("matching.release_offers", is_staff)
rules.add_perm("matching.export_offers", is_staff)
rules.add_perm("matching.answer_offer", is_offered_it)
