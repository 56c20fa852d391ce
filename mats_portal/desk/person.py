"""One person's file as staff see it: everything but what is asked for statistics, and needs only for admins."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from applications.models import AnswerSnapshot, Application, EvaluationAssignment, StreamApplication, TrackApplication
from applications.queries.corrections import Corrected, corrections_beside, with_corrections
from applications.queries.references import StaffReference, staff_references
from core.models import AuditEvent, OutboxMail
from matching.models import Offer
from mats_portal.desk.privacy.requesting import CorrectionLine, accepted_of
from questions.states import DataClass
from reviews.queries.follow_ups import TaskQuestions, asked_of, questions_of


@dataclass(frozen=True)
class HandedIn:
    """What was last handed in of one form, as far as the reader may see it."""

    title: str
    submitted_at: datetime
    sections: list[dict[str, Any]]
    #: Answers that are left out, by the reason.
    n_statistics: int
    n_needs: int


@dataclass(frozen=True)
class PersonFile:
    """What the page shows; rows are ready to print."""

    application: Application
    tracks: list[TrackApplication]
    streams: list[StreamApplication]
    evaluations: Sequence[EvaluationAssignment]
    offers: list[Offer]
    references: list[StaffReference]
    handed_in: list[HandedIn]
    corrections: list[CorrectionLine]
    follow_ups: list[TaskQuestions]
    mails: list[OutboxMail]
    events: list[AuditEvent]


def person_file(application: Application, user: Any) -> PersonFile:
    """Gather one application's rows for ``user``, in a fixed number of queries."""
    tracks = list(application.track_applications.select_related("track").order_by("track__order"))
    streams = list(application.stream_applications.select_related("stream").order_by("stream__title"))
    evaluations = list(application.evaluation_assignments.select_related("definition").annotate(asked=asked_of(user)))
    offers = list(application.offers.select_related("stream").order_by("-pk"))
    newest = _latest(application)
    corrected = corrections_beside(newest)
    keys = [row.public_id for rows in ([application], tracks, streams, evaluations, offers) for row in rows]
    return PersonFile(
        application=application,
        tracks=tracks,
        streams=streams,
        evaluations=evaluations,
        offers=offers,
        references=staff_references(application),
        handed_in=[_shown(row, user, corrected) for row in newest],
        corrections=accepted_of(application),
        follow_ups=questions_of(evaluations),
        mails=_mails(application.person),
        events=list(AuditEvent.objects.filter(object_key__in=keys).select_related("actor").order_by("-pk")[:100]),
    )


def _shown(snapshot: AnswerSnapshot, user: Any, corrected: Mapping[tuple[int, str], Corrected]) -> HandedIn:
    """Leave out what ``user`` must not see: the page promises so beside each question."""
    unseen = {DataClass.DEMOGRAPHIC} if user.has_perm("desk.read_needs") else {DataClass.DEMOGRAPHIC, DataClass.SPECIAL}
    sections = [
        {
            **section,
            "items": [
                {**item, "correction": corrected.get((snapshot.pk, item["code"]))}
                for item in section["items"]
                if item["data_class"] not in unseen
            ],
        }
        for section in snapshot.content
    ]
    left_out = Counter(item["data_class"] for section in snapshot.content for item in section["items"])
    return HandedIn(
        title=snapshot.get_scope_display(),
        submitted_at=snapshot.submitted_at,
        sections=[section for section in sections if section["items"]],
        n_statistics=left_out[DataClass.DEMOGRAPHIC],
        n_needs=left_out[DataClass.SPECIAL] if DataClass.SPECIAL in unseen else 0,
    )


def _latest(application: Application) -> list[AnswerSnapshot]:
    """Return the newest snapshot of each form."""
    newest: dict[tuple[str, str], AnswerSnapshot] = {}
    for snapshot in with_corrections(application.snapshots.order_by("submitted_at", "pk")):
        newest[snapshot.scope, snapshot.scope_key] = snapshot
    return list(newest.values())


def _mails(person: Any) -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(person=person, is_secret=False).order_by("-pk")[:50])
