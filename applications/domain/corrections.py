"""Put a correction that staff accepted beside the answer that it corrects."""

from typing import Any

from django.db import transaction

from applications.domain.values import tidy_text
from applications.models import AnswerCorrection, Application
from applications.queries.corrections import NOT_READ_BY_NAME, item_of, newest_snapshots
from core import audit, clock
from core.refusals import Refused
from core.transitions import locked

GONE = "This answer was handed in anew since, or is not among what was handed in. Choose another, or none."


@transaction.atomic
def correct_answer(*, application: Application, answer: str, text: str, by: Any) -> AnswerCorrection:
    """Keep ``text`` beside an answer (its key: snapshot and question code). What was handed in stays as it is.

    The same text twice is one correction. Raises ``Refused`` for an answer that is not in the newest version.
    """
    application = locked(application)
    key, _, code = answer.partition(".")
    snapshot = next((one for one in newest_snapshots(application) if one.public_id == key), None)
    item = item_of(snapshot, code) if snapshot is not None else None
    if snapshot is None or item is None or item.get("data_class") in NOT_READ_BY_NAME:
        raise Refused(GONE)
    tidy = tidy_text(text).strip()
    if not tidy:
        raise Refused("Write what it should be.")
    latest = snapshot.corrections.filter(question_code=code).order_by("accepted_at", "pk").last()
    if latest is not None and latest.text == tidy:
        return latest
    row = AnswerCorrection.objects.create(snapshot=snapshot, question_code=code, text=tidy, accepted_at=clock.now())
    audit.record("correct_answer", application, by=by, question=code)
    return row
