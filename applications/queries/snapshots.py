"""What was handed in."""

from applications.models import Answer, AnswerSnapshot, Application


def latest_snapshot(application: Application, scope: str, scope_key: str = "") -> AnswerSnapshot | None:
    """Return what was last handed in for one form: what readers read."""
    return (
        AnswerSnapshot.objects.filter(application=application, scope=scope, scope_key=scope_key)
        .order_by("-submitted_at", "-pk").first()
    )


def stored_answer(application: Application, scope: str, scope_key: str, question_id: int) -> Answer | None:
    """Return the present answer to one question in one form."""
    return Answer.objects.filter(
        application=application, scope=scope, scope_key=scope_key, question_id=question_id
    ).first()
