"""What has happened to one application, as its applicant may know it: their own acts, and what was sent to them.

Nothing else: a decision stands here when its mail has left, and neither readings nor unreleased moves ever do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from applications.models import Application, IntegrityCase
from core.models import AuditEvent
from core.queries import own_messages

#: Acts of the person, and ends of windows, that everybody sees at once. A verb that is not here is never shown.
WORDS = {
    "applications.application": {
        "start": "You started the application",
        "bring": "You brought answers from an earlier cycle",
        "choose_tracks": "You chose your tracks",
        "submit": "You submitted the application",
        "reopen": "You reopened the application",
        "withdraw": "You withdrew the application",
        "ask_correction": "You asked for a correction",
    },
    "applications.streamapplication": {
        "add": "You added {stream}",
        "submit": "You submitted to {stream}",
        "reopen": "You reopened your application to {stream}",
        "withdraw": "You withdrew from {stream}",
        "restore": "You added {stream} again",
    },
    "applications.evaluationassignment": {
        "start": "You started the task {task}",
        "submit": "You handed in the task {task}",
        "reuse": "You handed in earlier work for the task {task}",
        "reopen": "You reopened the task {task}",
    },
    "applications.integritycase": {
        "answer_concern": "You answered a question about {task}",
        "appeal_concern": "You appealed against the outcome for {task}",
    },
}
#: What is shown at most, newest first.
SHOWN = 200


@dataclass(frozen=True)
class HistoryLine:
    """One thing that happened."""

    at: datetime
    text: str
    url: str = ""


def own_history(application: Application) -> list[HistoryLine]:
    """Return what happened, newest first, in a fixed number of queries."""
    person = application.person
    lines = [*_own_acts(application), *_sent(application, person)]
    # Both come newest first, and sorting keeps the order of what happened in the same instant.
    return sorted(lines, key=lambda line: -line.at.timestamp())[:SHOWN]


def _own_acts(application: Application) -> list[HistoryLine]:
    streams = dict(application.stream_applications.values_list("public_id", "stream__title"))
    tasks = dict(application.evaluation_assignments.values_list("public_id", "definition__title"))
    cases = IntegrityCase.objects.filter(assignment__application=application)
    asked_about = dict(cases.values_list("public_id", "assignment__definition__title"))
    keys = {
        "applications.application": [application.public_id],
        "applications.streamapplication": list(streams),
        "applications.evaluationassignment": list(tasks),
        "applications.integritycase": list(asked_about),
    }
    tasks |= asked_about
    about = Q()
    for kind, own in keys.items():
        about |= Q(object_type=kind, object_key__in=own, verb__in=list(WORDS[kind]))
    events = AuditEvent.objects.filter(about, actor_id=application.person_id).order_by("-at", "-pk")[:SHOWN]
    return [
        HistoryLine(
            event.at,
            WORDS[event.object_type][event.verb].format(
                stream=streams.get(event.object_key, ""), task=tasks.get(event.object_key, "")
            ),
        )
        for event in events
    ]


def _sent(application: Application, person: Any) -> list[HistoryLine]:
    """Return the mails since this application began: a result stands here once its mail has left."""
    since = own_messages(person).filter(sent_at__gte=application.created_at)
    return [
        HistoryLine(mail.sent_at, f"We wrote: {mail.subject}", reverse("applications:message", args=[mail.public_id]))
        for mail in since.only("public_id", "subject", "sent_at")[:SHOWN]
        if mail.sent_at
    ]
