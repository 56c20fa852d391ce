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


class IfLate(TextChoices):
    """What happens to a list that its mentors did not submit before the lock; chosen by them beforehand."""

    USE_DRAFT = "use_draft", "Use this draft as it stands"
    LEAVE_OUT = "leave_out", "Leave us out of the run"


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


F = OfferState
#: Offers that hold a seat.
HOLDS_SEAT = frozenset({F.DRAFT, F.SENT, F.ACCEPTED})
OFFER_MOVES = MoveTable(
    OfferState,
    send=(F.DRAFT, F.SENT),
    accept=(F.SENT, F.ACCEPTED),
    decline=(F.SENT, F.DECLINED),
    expire=(F.SENT, F.EXPIRED),
    cancel=({F.DRAFT, F.SENT}, F.CANCELLED),  # the person withdrew
)
