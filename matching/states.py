"""States of lists, match runs and offers."""

from django.db.models import TextChoices

from core.transitions import MoveTable


class ListState(TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    LOCKED = "locked", "Locked"


L = ListState
LIST_MOVES = MoveTable(
    ListState,
    submit=(L.DRAFT, L.SUBMITTED),
    take_back=(L.SUBMITTED, L.DRAFT),
    lock=({L.DRAFT, L.SUBMITTED}, L.LOCKED),
)


class RunState(TextChoices):
    CONFIGURED = "configured", "Configured"
    COMPUTED = "computed", "Computed"
    APPROVED = "approved", "Approved"
    DISCARDED = "discarded", "Discarded"


U = RunState
RUN_MOVES = MoveTable(
    RunState,
    compute=(U.CONFIGURED, U.COMPUTED),
    approve=(U.COMPUTED, U.APPROVED),
    discard=({U.CONFIGURED, U.COMPUTED}, U.DISCARDED),
)


class OfferState(TextChoices):
    DRAFT = "draft", "Drafted"
    SENT = "sent", "Sent"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


O = OfferState
#: Offers that hold a seat.
HOLDS_SEAT = frozenset({O.DRAFT, O.SENT, O.ACCEPTED})
OFFER_MOVES = MoveTable(
    OfferState,
    send=(O.DRAFT, O.SENT),
    accept=(O.SENT, O.ACCEPTED),
    decline=(O.SENT, O.DECLINED),
    expire=(O.SENT, O.EXPIRED),
    cancel=({O.DRAFT, O.SENT}, O.CANCELLED),  # the person withdrew
)
