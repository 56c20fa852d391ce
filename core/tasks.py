"""Doorbells: every task takes ids, is safe to run twice, and finds its work in the database."""

from celery import shared_task
from django.core.cache import cache

from core import chain, clock, jobs, outbox

#: One task empties the queue in bites, so that a long queue never outlives the broker's patience.
BITE = 200


@shared_task
def deliver_mail() -> int:
    """Send waiting mails, one claim each."""
    sent = 0
    while sent < BITE and outbox.deliver_next():
        sent += 1
    if sent == BITE:
        outbox.ring()
    return sent


@shared_task
def sweep_outbox() -> None:
    """Find the mails whose bell was lost or whose worker died."""
    outbox.release_stale_claims()
    deliver_mail()


@shared_task
def run_job(job_id: int) -> None:
    """Run one job."""
    jobs.run(job_id)


@shared_task
def sweep_jobs() -> None:
    """Wake workers for jobs whose bell was lost or whose worker died."""
    jobs.revive()


@shared_task
def seal_record() -> int:
    """Close the chain over the lines of the record that were written since."""
    return chain.seal()


@shared_task
def heartbeat() -> None:
    """Show that beat, broker and worker are alive; read by the health page."""
    cache.set("worker-heartbeat", clock.wall().isoformat(), timeout=3600)
