"""Commit to the lottery's seed before anybody can know whom it favours."""

import secrets
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.refusals import Refused
from core.transitions import locked
from matching.engine import Lottery
from matching.models import LotteryCommitment
from matching.queries.commitments import commitment_deadline
from streams.models import Cycle

SEED_BYTES = 32  # so long that nobody can find it by trying


@transaction.atomic
def commit_to_seed(*, cycle: Cycle, by: Any) -> LotteryCommitment:
    """Draw the seed of the cycle's lottery, seal it and publish its checksum.

    Raises ``Refused`` once lists close, while no date says when they do, once a run exists, and for a second time.
    """
    cycle = locked(cycle)
    closes = commitment_deadline(cycle)
    if closes is None:
        raise Refused(_("This cycle has no date at which lists close. Set it first: a commitment comes before it."))
    if closes.is_past(clock.now()):
        raise Refused(
            _("Lists closed on %(when)s. A commitment made now would prove nothing.") % {"when": closes.official()}
        )
    if LotteryCommitment.objects.filter(cycle=cycle).exists():
        raise Refused(_("The commitment of this cycle is published already. It cannot be changed."))
    if cycle.match_runs.exists():
        raise Refused(_("A run of this cycle exists already. A commitment comes before the first run."))
    seed = secrets.token_hex(SEED_BYTES)
    row = LotteryCommitment.objects.create(
        cycle=cycle, seed=seed, commitment=Lottery.of(seed).commitment, published_at=clock.now(), made_by=by
    )
    audit.record("commit", row, by=by, commitment=row.commitment)
    return row


def committed_seed(cycle: Cycle) -> str:
    """Return the sealed seed for a run to draw with, or nothing. Never for a page."""
    return LotteryCommitment.objects.filter(cycle=cycle).values_list("seed", flat=True).first() or ""
