"""What was handed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from applications.models import Answer, AnswerSnapshot, Application
from applications.states import AnswerScope


def latest_snapshot(application: Application, scope: str, scope_key: str = "") -> AnswerSnapshot | None:
    """Return what was last handed in for one form: what readers read."""
    return (
        AnswerSnapshot.objects.filter(application=application, scope=scope, scope_key=scope_key)
        .order_by("-submitted_at", "-pk")
        .first()
    )


def stored_answer(application: Application, scope: str, scope_key: str, question_id: int) -> Answer | None:
    """Return the present answer to one question in one form."""
    return Answer.objects.filter(
        application=application, scope=scope, scope_key=scope_key, question_id=question_id
    ).first()


@dataclass(frozen=True)
class Copy:
    """What was last handed in: the general form and the questions of its tracks."""

    submitted_at: datetime
    sha256: str
    sections: list[dict[str, Any]]


def handed_in_copy(application: Application) -> Copy | None:
    """Return the person's own copy of the general application, or ``None`` if none was handed in."""
    general = latest_snapshot(application, AnswerScope.GENERAL)
    if general is None:
        return None
    tracks = AnswerSnapshot.objects.filter(
        application=application, scope=AnswerScope.TRACK, submitted_at=general.submitted_at
    ).order_by("pk")
    sections = [section for snapshot in [general, *tracks] for section in snapshot.content]
    return Copy(general.submitted_at, general.sha256, [section for section in sections if section["items"]])
