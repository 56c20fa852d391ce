"""What the pages about one's own data show."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from applications.models import Application
from applications.queries import current_application
from applications.states import LIVE_TRACK, AnswerScope, StreamApplicationState
from core import clock
from core.models import Opening
from core.states import JobState
from matching.queries.people import HIDDEN_FROM_MENTORS
from mats_portal.desk.exports.queries import JOB_CHIPS
from mats_portal.desk.exports.sets import ADMIN_ONLY
from mats_portal.desk.models import DeletionRequest, DeletionState, ExportFile, PersonCopy
from questions.models import FormItem
from questions.states import DataClass, FormState
from reviews.models import ReviewAssignment
from reviews.queries.access import VISIBLE
from reviews.queries.evidence import READABLE

#: How long a person's copy can be taken.
COPY_LIFE = timedelta(days=7)
#: How many days of the record of openings a page shows.
N_OPENINGS = 200
ROLE_WORDS = {"reviewer": "A reviewer", "mentor": "A mentor", "staff": "Staff", "lead": "A track lead"}


@dataclass(frozen=True)
class ReaderRow:
    """One group of answers: who can read it, now and later, and that others cannot."""

    what: str
    data_class: str
    scope: str
    reviewers: str
    mentors: str
    staff: str
    reviewers_can: bool
    mentors_can: bool


@dataclass(frozen=True)
class OpeningRow:
    """How often a role opened the file: on how many days, and the last of them."""

    role: str
    n_people: int
    n_days: int
    last_on: date


@dataclass(frozen=True)
class CopyRow:
    """One copy as the page shows it."""

    public_id: str
    requested_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    size: int | None
    downloads: int
    chip: tuple[str, str]
    error: str
    job_id: str


@dataclass(frozen=True)
class DataPage:
    """Everything on the page of one's own data."""

    application: Application | None
    readers: list[ReaderRow]
    openings: list[OpeningRow]
    n_exports: int
    copies: list[CopyRow]
    deletion: DeletionRequest | None
    #: Staff have placed a hold, so that a deletion that was asked for waits.
    is_held: bool

    @property
    def waits(self) -> bool:
        """Whether a copy is being written."""
        return any(copy.chip[0] == "wait" for copy in self.copies)


def copies_of(user: Any) -> QuerySet[PersonCopy]:
    """Return the copies that ``user`` asked for. Nobody has another's, whatever their role."""
    return PersonCopy.objects.none() if user.is_anonymous else PersonCopy.objects.filter(person_id=user.pk)


def copies_takeable_by(user: Any) -> QuerySet[PersonCopy]:
    """Return the copies that ``user`` can take now."""
    return copies_of(user).filter(ready_at__isnull=False, expires_at__gt=clock.now())


def deletions_of(user: Any) -> QuerySet[DeletionRequest]:
    """Return the requests of ``user`` for deletion."""
    return DeletionRequest.objects.none() if user.is_anonymous else DeletionRequest.objects.filter(person_id=user.pk)


def open_deletion(user: Any) -> DeletionRequest | None:
    """Return the request that waits or is being carried out."""
    return deletions_of(user).filter(state__in=[DeletionState.WAITING, DeletionState.RUNNING]).first()


def data_page(user: Any) -> DataPage:
    """Return the page of ``user``, in a fixed number of queries."""
    application, deletion = current_application(user), open_deletion(user)
    return DataPage(
        application=application,
        readers=readers_of(application) if application else [],
        openings=openings_of(user),
        n_exports=_exports_since(application) if application else 0,
        copies=_copy_rows(user),
        deletion=deletion,
        is_held=deletion is not None and user.retention_holds.filter(released_at=None).exists(),
    )


def openings_of(user: Any) -> list[OpeningRow]:
    """Return who opened the file of ``user``: as roles, never as names, for that is how they read."""
    found = (
        Opening.objects.filter(subject_id=user.pk)
        .values("role")
        .annotate(n_people=Count("viewer", distinct=True), n_days=Count("on", distinct=True), last_on=Max("on"))
        .order_by("-last_on", "role")
    )
    return [
        OpeningRow(ROLE_WORDS.get(row["role"], row["role"]), row["n_people"], row["n_days"], row["last_on"])
        for row in found[:N_OPENINGS]
    ]


def readers_of(application: Application) -> list[ReaderRow]:
    """Return who can read what of an application, by the constants that the readers' own queries are made with.

    A reviewer gets ``READABLE`` without the track's ``blind_fields``; a mentor what is not ``HIDDEN_FROM_MENTORS``;
    staff all of it but answers for statistics, and needs only admins; an export of ``ADMIN_ONLY`` takes an admin.
    """
    tracks = list(application.track_applications.filter(released_state__in=LIVE_TRACK).select_related("track"))
    blind = [frozenset(row.track.blind_fields) for row in tracks]
    reached = application.stream_applications.filter(released_state=StreamApplicationState.IN_STREAM_REVIEW).count()
    readers = _reader_count(application)
    rows = []
    for scope, data_class in _asked(application):
        reads = scope in {AnswerScope.GENERAL, AnswerScope.TRACK, AnswerScope.EVALUATION} and data_class in READABLE
        in_tracks = [row.track.name for row, hidden in zip(tracks, blind, strict=True) if data_class not in hidden]
        mentors = data_class not in HIDDEN_FROM_MENTORS and scope != AnswerScope.EVALUATION
        rows.append(
            ReaderRow(
                what=_what(scope, data_class),
                data_class=data_class,
                scope=scope,
                reviewers_can=bool(reads and in_tracks),
                mentors_can=mentors,
                reviewers=_reviewer_words(reads, in_tracks, len(tracks), readers),
                mentors=_mentor_words(scope, mentors, reached),
                staff=STAFF_WORDS.get(data_class, "Staff"),
            )
        )
    return rows


def _reader_count(application: Application) -> int:
    """Count the people who can read the application for a track now, or did before the text left their table."""
    did = Opening.objects.filter(
        subject=application.person_id,
        viewer=OuterRef("reviewer"),
        role="reviewer",
        on__gte=OuterRef("created_at__date"),
    )
    given = ReviewAssignment.objects.filter(track_application__application=application)
    return given.filter(Q(state__in=sorted(VISIBLE)) | Exists(did)).values("reviewer").distinct().count()


#: Who of the staff reads a class, where it is not all of them.
STAFF_WORDS = {
    DataClass.DEMOGRAPHIC: "Nobody by name; counted in statistics",
    DataClass.SPECIAL: "Admins; in no file",
    **dict.fromkeys(ADMIN_ONLY, "Staff; in a file only for an admin"),
}


def _asked(application: Application) -> list[tuple[AnswerScope, DataClass]]:
    """Return which classes of data the forms of this application ask for, form by form."""
    forms = {application.cycle.general_form_id: AnswerScope.GENERAL}
    for form_id in application.track_applications.values_list("track__form_id", flat=True):
        forms[form_id] = AnswerScope.TRACK
    for form_id in application.stream_applications.values_list("stream__form_id", flat=True):
        forms.setdefault(form_id, AnswerScope.STREAM)
    for form_id in application.evaluation_assignments.values_list("definition__form_id", flat=True):
        forms.setdefault(form_id, AnswerScope.EVALUATION)
    forms.pop(None, None)
    asked = (
        FormItem.objects.filter(version__form__in=forms, version__state=FormState.PUBLISHED)
        .values_list("version__form", "question__data_class")
        .distinct()
    )
    scopes, classes = list(AnswerScope), list(DataClass)
    pairs = {(forms[form_id], DataClass(data_class)) for form_id, data_class in asked}
    return sorted(pairs, key=lambda pair: (scopes.index(pair[0]), classes.index(pair[1])))


def _what(scope: str, data_class: str) -> str:
    words = {
        DataClass.NONE: "answers",
        DataClass.IDENTITY: "name and personal pages",
        DataClass.INSTITUTION: "institution and degree",
        DataClass.CONTACT: "contact details",
        DataClass.LOGISTICS: "places, dates and visa support",
        DataClass.DEMOGRAPHIC: "answers for statistics",
        DataClass.SPECIAL: "what you told operations",
        DataClass.DOCUMENT: "documents",
    }[DataClass(data_class)]
    return f"{AnswerScope(scope).label}: {words}"


def _reviewer_words(reads: bool, in_tracks: list[str], n_tracks: int, n_readers: int) -> str:
    if not reads or not in_tracks:
        return "Never"
    where = "" if len(in_tracks) == n_tracks else f", only in {' and '.join(in_tracks)}"
    if n_readers:
        return f"{n_readers} so far, without your name{where}"
    return f"In the central review, without your name{where}"


def _mentor_words(scope: str, mentors: bool, n_reached: int) -> str:
    if not mentors:
        return "Never"
    whose = "of that stream" if scope == AnswerScope.STREAM else "of the streams you chose"
    if n_reached:
        return f"Mentors {whose}, now"
    return f"Mentors {whose}, once a track goes on"


def _exports_since(application: Application) -> int:
    """Count the files with rows of the cycle that staff have taken since the application was handed in."""
    if application.submitted_at is None:
        return 0
    made = ExportFile.objects.filter(cycle=application.cycle_id, ready_at__gte=application.submitted_at)
    return made.filter(downloads__gt=0).count()


def _copy_rows(user: Any) -> list[CopyRow]:
    rows = copies_of(user).select_related("job").order_by("-pk")[:5]
    return [
        CopyRow(
            public_id=row.public_id,
            requested_at=row.requested_at,
            ready_at=row.ready_at,
            expires_at=row.expires_at,
            size=row.size,
            downloads=row.downloads,
            chip=("done", "Ready")
            if row.ready_at
            else JOB_CHIPS[JobState(row.job.state)]
            if row.job
            else ("wait", "Waiting"),
            error=row.job.error,
            job_id=row.job.public_id,
        )
        for row in rows
        if row.job and (row.expires_at is None or row.expires_at > clock.now())
    ]
