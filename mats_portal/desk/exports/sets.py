"""What can be exported: sets of rows, their columns, and the class of data in each column."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from applications.models import AnswerSnapshot, StreamApplication, TrackApplication
from applications.queries import track_applications_visible_to
from applications.states import AnswerScope, ApplicationState
from core.access import kept_from
from matching.models import Offer
from matching.states import OfferState
from mats_portal.desk import people
from questions.models import FormItem
from questions.states import DataClass, FormState
from reviews.queries.needs import COUNTED
from reviews.states import AssignmentState
from streams.models import Cycle

Cell = str | int | None
#: Asked for statistics or out of need: no file that somebody takes away holds them.
NEVER = frozenset({DataClass.DEMOGRAPHIC, DataClass.SPECIAL})
#: Only for those who plan the programme.
ADMIN_ONLY = frozenset({DataClass.LOGISTICS, DataClass.DOCUMENT})
#: Short names of the classes, as a sentence takes them.
CLASS_WORDS = {
    DataClass.NONE: "",
    DataClass.IDENTITY: "identity",
    DataClass.INSTITUTION: "institution",
    DataClass.CONTACT: "contact",
    DataClass.LOGISTICS: "logistics",
    DataClass.DOCUMENT: "document",
}
ANSWER = "answer-"


@dataclass(frozen=True)
class Column:
    """One column: what it is called, what it may reveal, and how a row fills it."""

    key: str
    label: str
    data_class: str
    cell: Callable[[Any], Cell]


@dataclass(frozen=True)
class ExportSet:
    """One kind of list. ``rows`` are those that a person may see and filters leave; ``gather`` adds what cells read."""

    key: str
    label: str
    about: str
    noun: str
    filters: tuple[str, ...]
    states: tuple[tuple[str, str], ...]
    columns: Callable[[Cycle], list[Column]]
    rows: Callable[[Any, Cycle, Mapping[str, str]], QuerySet]
    gather: Callable[[QuerySet, Iterable[str]], QuerySet]


def lock_reason(column: Column, user: Any) -> str:
    """Say why ``user`` may not take ``column``, or nothing."""
    if column.data_class in ADMIN_ONLY and not user.has_perm("desk.export_logistics"):
        return "Only admins export logistics and documents."
    return ""


def data_classes(columns: Iterable[Column]) -> list[str]:
    """Return the classes of personal data in ``columns``, in words."""
    held = {column.data_class for column in columns}
    return [words for data_class, words in CLASS_WORDS.items() if words and data_class in held]


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _people_columns(cycle: Cycle) -> list[Column]:
    none = DataClass.NONE
    return [
        Column("reference", "Reference", none, lambda a: a.reference),
        Column("name", "Name", DataClass.IDENTITY, lambda a: a.person.display_name),
        Column("email", "E-mail address", DataClass.CONTACT, lambda a: a.person.email),
        Column("state", "State", none, lambda a: a.get_internal_state_display()),
        Column("released", "State they see", none, lambda a: a.get_released_state_display()),
        Column("tracks", "Tracks", none, lambda a: "; ".join(_stands(t, t.track.name) for t in a.export_tracks)),
        Column("streams", "Streams", none, lambda a: "; ".join(_stands(s, s.stream.title) for s in a.export_streams)),
        Column("started", "Started (UTC)", none, lambda a: _iso(a.created_at)),
        Column("submitted", "Submitted (UTC)", none, lambda a: _iso(a.submitted_at)),
        Column("minutes", "Minutes it took", none, lambda a: a.minutes_taken),
        *_answer_columns(cycle),
    ]


def _stands(row: Any, name: str) -> str:
    return f"{name}: {row.get_internal_state_display().lower()}"


def _answer_columns(cycle: Cycle) -> list[Column]:
    """Return one column for each question of the general form whose answers may leave the portal."""
    items = (
        FormItem.objects.filter(version__form_id=cycle.general_form_id, version__state=FormState.PUBLISHED)
        .exclude(question__data_class__in=NEVER)
        .select_related("question")
        .order_by("order")
    )
    return [
        Column(ANSWER + q.code, q.text, q.data_class, lambda a, code=q.code: _answer(a, code))  # type: ignore[misc]
        for q in (item.question for item in items)
    ]


def _answer(application: Any, code: str) -> str:
    """Return what was last handed in, as readers read it."""
    if not application.export_snapshots:
        return ""
    if not hasattr(application, "export_answers"):
        sections = application.export_snapshots[0].content
        application.export_answers = {
            item["code"]: item for section in sections for item in section["items"] if item["data_class"] not in NEVER
        }
    item = application.export_answers.get(code)
    return str(item["display"] or "") if item else ""


def _people(user: Any, cycle: Cycle, filters: Mapping[str, str]) -> QuerySet:
    return people.filtered(user, cycle=cycle, **filters).order_by("reference")


def _gather_people(rows: QuerySet, keys: Iterable[str]) -> QuerySet:
    rows = rows.select_related("person")
    if "tracks" in keys:
        tracks = TrackApplication.objects.select_related("track").order_by("track__order")
        rows = rows.prefetch_related(Prefetch("track_applications", tracks, to_attr="export_tracks"))
    if "streams" in keys:
        streams = StreamApplication.objects.select_related("stream").order_by("stream__title")
        rows = rows.prefetch_related(Prefetch("stream_applications", streams, to_attr="export_streams"))
    if any(key.startswith(ANSWER) for key in keys):
        handed_in = AnswerSnapshot.objects.filter(scope=AnswerScope.GENERAL).order_by("-submitted_at", "-pk")
        rows = rows.prefetch_related(Prefetch("snapshots", handed_in, to_attr="export_snapshots"))
    return rows


def _offer_columns(cycle: Cycle) -> list[Column]:
    none = DataClass.NONE
    return [
        Column("reference", "Reference", none, lambda o: o.application.reference),
        Column("name", "Name", DataClass.IDENTITY, lambda o: o.application.person.display_name),
        Column("email", "E-mail address", DataClass.CONTACT, lambda o: o.application.person.email),
        Column("stream", "Stream", none, lambda o: o.stream.title),
        Column("seat", "Seat", none, lambda o: o.seat),
        Column("state", "State", none, lambda o: o.get_state_display()),
        Column("sent", "Sent (UTC)", none, lambda o: _iso(o.sent_at)),
        Column("reply_by", "Reply by (UTC)", none, lambda o: _iso(o.expires_at)),
        Column("replied", "Replied (UTC)", none, lambda o: _iso(o.replied_at)),
        Column("site", "Site", none, lambda o: o.stream.site.name if o.stream.site else ""),
        Column("host", "Host organisation", none, lambda o: o.stream.host_org),
    ]


def _offers(user: Any, cycle: Cycle, filters: Mapping[str, str]) -> QuerySet:
    rows = Offer.objects.filter(stream__cycle=cycle).exclude(application__person_id__in=kept_from(user))
    if (state := filters.get("state", "")) in OfferState.values:
        rows = rows.filter(state=state)
    return rows.order_by("stream__title", "seat", "pk")


def _reading_columns(cycle: Cycle) -> list[Column]:
    none = DataClass.NONE
    return [
        Column("reference", "Reference", none, lambda t: t.application.reference),
        Column("track", "Track", none, lambda t: t.track.name),
        Column("state", "State in the track", none, lambda t: t.get_internal_state_display()),
        Column("wanted", "Readers wanted", none, lambda t: cycle.reviews_per_application + t.n_further),
        Column("readers", "Readers given", none, lambda t: t.n_readers),
        Column("read", "Reviews handed in", none, lambda t: t.n_read),
    ]


def _reading(user: Any, cycle: Cycle, filters: Mapping[str, str]) -> QuerySet:
    rows = track_applications_visible_to(user).filter(application__cycle=cycle, application__submitted_at__isnull=False)
    if track := filters.get("track", ""):
        rows = rows.filter(track__slug=track)
    return rows.order_by("track__order", "application__reference")


def _gather_reading(rows: QuerySet, keys: Iterable[str]) -> QuerySet:
    counted = Q(review_assignments__state__in=sorted(COUNTED))
    handed_in = Q(review_assignments__state=AssignmentState.SUBMITTED)
    return rows.select_related("application", "track").annotate(
        n_readers=Count("review_assignments", filter=counted),
        n_read=Count("review_assignments", filter=handed_in),
        n_further=Count("further_read", distinct=True),
    )


SETS = {
    found.key: found
    for found in (
        ExportSet(
            "people",
            "People",
            "One row for each application of the cycle, with what was handed in.",
            "application",
            ("q", "state", "track"),
            tuple(ApplicationState.choices),
            _people_columns,
            _people,
            _gather_people,
        ),
        ExportSet(
            "offers",
            "Offers",
            "One row for each offer, drafted ones included.",
            "offer",
            ("state",),
            tuple(OfferState.choices),
            _offer_columns,
            _offers,
            lambda rows, _: rows.select_related("application__person", "stream__site"),
        ),
        ExportSet(
            "reading",
            "Reading",
            "One row for each application and track: how many readers it has and how many have handed in.",
            "text",
            ("track",),
            (),
            _reading_columns,
            _reading,
            _gather_reading,
        ),
    )
}
