"""One person's file as staff see it: everything but demographics."""

from dataclasses import dataclass
from typing import Any

from applications.models import AnswerSnapshot, Application, EvaluationAssignment, StreamApplication, TrackApplication
from applications.queries.references import StaffReference, staff_references
from core.models import AuditEvent, OutboxMail
from matching.models import Offer


@dataclass(frozen=True)
class PersonFile:
    """What the page shows; rows are ready to print."""

    application: Application
    tracks: list[TrackApplication]
    streams: list[StreamApplication]
    evaluations: list[EvaluationAssignment]
    offers: list[Offer]
    references: list[StaffReference]
    snapshots: list[AnswerSnapshot]
    mails: list[OutboxMail]
    events: list[AuditEvent]


def person_file(application: Application) -> PersonFile:
    """Gather one application's rows, in a fixed number of queries."""
    tracks = list(application.track_applications.select_related("track").order_by("track__order"))
    streams = list(application.stream_applications.select_related("stream").order_by("stream__title"))
    evaluations = list(application.evaluation_assignments.select_related("definition"))
    offers = list(application.offers.select_related("stream").order_by("-pk"))
    keys = [row.public_id for rows in ([application], tracks, streams, evaluations, offers) for row in rows]
    return PersonFile(
        application=application,
        tracks=tracks,
        streams=streams,
        evaluations=evaluations,
        offers=offers,
        references=staff_references(application),
        snapshots=_latest(application),
        mails=_mails(application.person),
        events=list(AuditEvent.objects.filter(object_key__in=keys).select_related("actor").order_by("-pk")[:100]),
    )


def _latest(application: Application) -> list[AnswerSnapshot]:
    """Return the newest snapshot of each form."""
    newest: dict[tuple[str, str], AnswerSnapshot] = {}
    for snapshot in application.snapshots.order_by("submitted_at", "pk"):
        newest[snapshot.scope, snapshot.scope_key] = snapshot
    return list(newest.values())


def _mails(person: Any) -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(person=person, is_secret=False).order_by("-pk")[:50])
