"""A worker killed anywhere between deciding to send and having sent: nothing lost, nothing doubled in silence."""

import random
import time

import pytest
from celery import current_app
from django.db import transaction

from core import outbox
from core.models import OutboxMail
from core.states import MailClass, MailState
from tests.faults.workers import Workers, until

MAILS = 12
POINTS = {
    "before the claim": "core.outbox:claim:before",
    "after the claim": "core.outbox:claim:after",
    "after the mail service took it": "core.outbox:hand_over:after",
    "before it is marked as sent": "core.outbox:settle_success:before",
    "after it is marked as sent": "core.outbox:settle_success:after",
}
#: Where the mail service has it and we have not written that down: the only window in which doubt is possible.
DOUBTFUL = {"after the mail service took it", "before it is marked as sent"}


def decide_on_mails(mail_class: str) -> set[str]:
    with transaction.atomic():
        for n in range(MAILS):
            outbox.enqueue(
                key=f"kill:{n}",
                to=f"person{n}@applicant.example",
                mail_class=mail_class,
                template="account/email/login_code_message.txt",
                code=str(n),
            )
    return {outbox.message_id(mail) for mail in OutboxMail.objects.all()}


def finish(workers: Workers) -> None:
    """Start a healthy worker and let the sweep find what is left."""
    workers.kill_all()
    time.sleep(1.1)  # claims of the dead worker go stale after one second here
    workers.start()
    current_app.send_task("core.tasks.sweep_outbox", queue="mail")
    until(
        lambda: not OutboxMail.objects.filter(state__in=[MailState.QUEUED, MailState.SENDING]).exists(),
        "outbox drained",
    )


@pytest.mark.threat("T34")
@pytest.mark.parametrize("parent", [False, True], ids=["pool child", "whole worker"])
@pytest.mark.parametrize("point", POINTS)
def test_receipts_survive_a_kill(point: str, parent: bool, workers: Workers) -> None:
    expected = decide_on_mails(MailClass.RESEND)
    workers.start(kill_at=POINTS[point], nth=5, parent=parent)
    outbox.ring()
    until(workers.mark.exists, "the kill point was reached")
    unfinished = OutboxMail.objects.exclude(state=MailState.SENT).count()
    assert unfinished > 0, "the job must be unfinished at the kill"

    finish(workers)

    delivered = workers.delivered()
    assert set(delivered) == expected, "every mail arrived"
    doubled = [message for message, count in delivered.items() if count > 1]
    assert len(doubled) <= (1 if point in DOUBTFUL else 0), (
        "at most the mail in flight came twice, under one Message-ID"
    )
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {MailState.SENT}


@pytest.mark.threat("T34")
@pytest.mark.parametrize("point", POINTS)
def test_decisions_are_never_doubled_by_a_kill(point: str, workers: Workers) -> None:
    expected = decide_on_mails(MailClass.HOLD)
    workers.start(kill_at=POINTS[point], nth=5, parent=True)
    outbox.ring()
    until(workers.mark.exists, "the kill point was reached")
    assert OutboxMail.objects.exclude(state=MailState.SENT).count() > 0

    finish(workers)

    delivered = workers.delivered()
    unknown = {outbox.message_id(mail) for mail in OutboxMail.objects.filter(state=MailState.UNKNOWN)}
    assert max(delivered.values()) == 1, "no decision mail arrived twice"
    assert set(delivered) | unknown == expected, "each one arrived or waits for a person"
    claimed = point in DOUBTFUL | {"after the claim"}
    assert len(unknown) == (1 if claimed else 0)


@pytest.mark.threat("T34")
def test_receipts_survive_kills_at_random(workers: Workers) -> None:
    """Ten kills at moments drawn from a fixed seed, each in the middle of sending."""
    draw, kills = random.Random(20261122), 0
    for n in range(10):
        with transaction.atomic():
            for m in range(150):
                outbox.enqueue(
                    key=f"random:{n}:{m}",
                    to="more@applicant.example",
                    code=str(m),
                    template="account/email/login_code_message.txt",
                )
        before = OutboxMail.objects.filter(state=MailState.SENT).count()
        workers.start()
        outbox.ring()
        until(lambda sent=before: OutboxMail.objects.filter(state=MailState.SENT).count() > sent, "sending began")
        time.sleep(draw.uniform(0, 0.1))
        workers.kill_all()
        assert OutboxMail.objects.exclude(state=MailState.SENT).exists(), "unfinished at the kill"
        kills += 1
    finish(workers)

    delivered = workers.delivered()
    assert kills == 10
    assert set(delivered) == {outbox.message_id(mail) for mail in OutboxMail.objects.all()}
    assert sum(count - 1 for count in delivered.values()) <= kills, "at most the mail in flight came twice"


@pytest.mark.threat("T34")
def test_control_sending_before_claiming_doubles_mails(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the claim, two workers send the same mail: the count at the sink can see it."""
    decide_on_mails(MailClass.RESEND)
    sent: list[str] = []
    monkeypatch.setattr(
        outbox, "claim", lambda: OutboxMail.objects.filter(state=MailState.QUEUED).order_by("pk").first()
    )
    monkeypatch.setattr(outbox, "hand_over", lambda mail: sent.append(outbox.message_id(mail)))

    for _ in range(2):
        outbox.deliver_next()

    assert len(sent) == 2
    assert len(set(sent)) == 1
