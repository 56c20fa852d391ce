"""What is tidied up after applicants."""

from celery import shared_task

from applications.domain import documents


@shared_task
def forget_lost_files() -> None:
    """Delete stored bytes that belong to nothing."""
    documents.forget_lost_files()
