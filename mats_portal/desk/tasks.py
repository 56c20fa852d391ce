"""The calendar's doorbell."""

from celery import shared_task

from mats_portal.desk import phases


@shared_task
def move_phases() -> None:
    """Do what is due."""
    phases.move_phases()
