"""The lottery's seed, drawn and sealed before the lists close."""

import pgtrigger
from django.conf import settings
from django.db import models

from core import clock


class LotteryCommitment(models.Model):
    """One a cycle. ``commitment`` is public from the start; ``seed`` appears on no page before the offers are sent."""

    cycle = models.OneToOneField("streams.Cycle", on_delete=models.PROTECT, related_name="lottery_commitment")
    seed = models.CharField(max_length=64, editable=False)
    commitment = models.CharField(max_length=64, editable=False)
    published_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = [
            pgtrigger.Protect(name="commitment_is_final", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"commitment {self.commitment[:16]}"
