"""Carry out what two people found about a submission, its readings included."""

from typing import Any

from django.db import transaction

from applications.domain.rulings import confirm_ruling
from applications.models import CaseRuling, IntegrityCase
from applications.states import CaseOutcome
from core.transitions import locked, transition
from reviews.models import ReviewAssignment

#: After these other people grade: what was graded so far counts no more, and its graders do not get it again.
ANEW = frozenset({CaseOutcome.REGRADE, CaseOutcome.RETAKE})


@transaction.atomic
def settle_case(*, case: IntegrityCase, by: Any) -> CaseRuling:
    """Confirm what another proposed and let it happen. Raises ``Refused`` as ``confirm_ruling`` does."""
    ruling = confirm_ruling(case=case, by=by)
    if ruling.outcome in ANEW:
        sources = sorted(ReviewAssignment.MOVES.moves["set_aside"].sources)
        rows = ReviewAssignment.objects.filter(evaluation=case.assignment_id, state__in=sources)
        for row in rows.filter(created_at__lte=ruling.confirmed_at).order_by("pk"):
            transition(locked(row), "set_aside", by=by)
    return ruling
