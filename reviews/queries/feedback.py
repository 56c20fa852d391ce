"""What readers wrote for applicants: as track leads check it, as batches count it, as applicants read it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from applications.models import TrackApplication
from applications.states import TrackState
from core import clock
from reviews.models import Decision, FeedbackPacket, FeedbackSentence, ReviewAssignment
from reviews.queries.access import conflicted_with, tracks_to_watch
from reviews.states import OPEN_ASSIGNMENT, AssignmentState, PacketState
from streams.models import Track
from streams.queries.calendar import dates_of
from streams.states import FeedbackPolicy

#: What of a packet is handed over.
KEPT = Q(left_out="", review__assignment__state=AssignmentState.SUBMITTED)
#: Outcomes after which what the readers wrote is handed over.
READ_TO_THE_END = frozenset({TrackState.ADVANCED, TrackState.NOT_ADVANCED})
#: Whoever has left gets no result.
LEFT = frozenset({TrackState.WITHDRAWN, TrackState.LAPSED})


def packets_visible_to(user: Any) -> QuerySet[FeedbackPacket]:
    """Return the packets of the tracks that ``user`` watches.

    Without those of people they are in conflict with, and of texts that they have still to read themselves.
    """
    if user.is_anonymous:
        return FeedbackPacket.objects.none()
    to_read = ReviewAssignment.objects.filter(reviewer_id=user.pk, state__in=sorted(OPEN_ASSIGNMENT))
    return (
        FeedbackPacket.objects.filter(track_application__track__in=tracks_to_watch(user))
        .exclude(conflicted_with(user, "track_application__application__person"))
        .exclude(track_application__in=to_read.exclude(track_application=None).values("track_application"))
        .exclude(track_application__application__in=to_read.exclude(evaluation=None).values("evaluation__application"))
    )


def sentences_visible_to(user: Any) -> QuerySet[FeedbackSentence]:
    """Return the sentences of those packets, without the ones that ``user`` wrote as a reader."""
    if user.is_anonymous:
        return FeedbackSentence.objects.none()
    return (
        FeedbackSentence.objects.filter(packet__in=packets_visible_to(user))
        .exclude(review__assignment__reviewer_id=user.pk)
        .select_related("packet__track_application__track__cycle", "packet__track_application__application")
    )


def words_of(packets: Iterable[FeedbackPacket]) -> dict[int, list[dict[str, str]]]:
    """Return what is handed over of each packet (primary keys), in an order that tells nothing of who wrote it."""
    words: dict[int, list[dict[str, str]]] = {packet.pk: [] for packet in packets}
    rows = FeedbackSentence.objects.filter(KEPT, packet__in=list(words)).order_by("about", "position")
    for packet, about, text in rows.values_list("packet_id", "about", "text"):
        words[packet].append({"about": about, "text": text})
    return words


# ------------------------------------------------------------------------------------------------- for track leads


@dataclass(frozen=True)
class SentenceRow:
    """One sentence as whoever checks it sees it; nothing in it says who wrote it."""

    public_id: str
    about: str
    text: str
    is_edited: bool
    left_out: str
    asked: str
    warnings: tuple[str, ...]
    is_own: bool


@dataclass(frozen=True)
class PacketRow:
    """One packet: of whom (by reference, never by name), how far it is, what stands in it."""

    public_id: str
    version: int
    reference: str
    state: str
    chip: str
    is_open: bool
    is_changed: bool
    is_read: bool
    told_at: datetime | None
    sentences: tuple[SentenceRow, ...]

    @property
    def stamp(self) -> str:
        """What a form posts to say which version was read."""
        return f"{self.public_id}:{self.version}"

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be handed over."""
        return all(sentence.left_out for sentence in self.sentences)


#: All that is handed over, or was.
KEPT_SENTENCES = FeedbackSentence.objects.filter(KEPT)
_KEPT_IN = KEPT_SENTENCES.filter(packet=OuterRef("pk"))
_WARNED = Exists(_KEPT_IN.exclude(warnings=[]))
_EMPTY = ~Exists(_KEPT_IN)
_ASKED = Exists(FeedbackSentence.objects.filter(packet=OuterRef("pk")).exclude(asked=""))
#: Which packets are listed: the words of the filter, and its condition.
FILTERS: dict[str, tuple[str, Any]] = {
    "open": ("To be checked", Q(state=PacketState.OPEN)),
    "changed": ("Changed since", Q(state=PacketState.OPEN, is_changed=True)),
    "warned": ("Worth a second look", _WARNED),
    "empty": ("Empty", _EMPTY),
    "asked": ("Sent back", _ASKED),
    "checked": ("Checked", Q(state=PacketState.CHECKED)),
    "told": ("Handed over", Q(state=PacketState.TOLD)),
    "all": ("All", Q()),
}
CHIPS = {PacketState.OPEN: "move", PacketState.CHECKED: "done", PacketState.TOLD: "info"}


@dataclass(frozen=True)
class PacketList:
    """The packets of a track by one filter, and how many there are by each."""

    track: str
    track_id: str
    cycle: str
    is_off: bool
    is_required: bool
    counts: dict[str, int]
    rows: QuerySet[FeedbackPacket]


def packet_list(track: Track, user: Any, show: str) -> PacketList:
    """Return the packets of ``track`` that ``user`` may check."""
    found = packets_visible_to(user).filter(track_application__track=track)
    found = found.exclude(track_application__internal_state__in=sorted(LEFT))
    counts = found.aggregate(**{name: Count("pk", filter=Q(condition)) for name, (_, condition) in FILTERS.items()})
    return PacketList(
        track=track.name,
        track_id=track.public_id,
        cycle=track.cycle.name,
        is_off=track.cycle.feedback_policy == FeedbackPolicy.NONE,
        is_required=track.cycle.feedback_policy == FeedbackPolicy.REQUIRED,
        counts=counts,
        rows=found.filter(FILTERS[show][1])
        .select_related("track_application__application")
        .order_by("track_application__application__reference", "pk"),
    )


def packet_rows(packets: Sequence[FeedbackPacket], user: Any) -> list[PacketRow]:
    """Return the packets of one page with their sentences, in one query more."""
    sentences: dict[int, list[SentenceRow]] = defaultdict(list)
    rows = (
        FeedbackSentence.objects.filter(packet__in=[packet.pk for packet in packets])
        .filter(review__assignment__state__in=[AssignmentState.SUBMITTED, AssignmentState.CONFLICTED])
        .select_related("review__assignment")
        .order_by("about", "position")
    )
    for row in rows:
        sentences[row.packet_id].append(_sentence(row, user))
    return [_packet(packet, tuple(sentences[packet.pk])) for packet in packets]


def _sentence(row: FeedbackSentence, user: Any) -> SentenceRow:
    return SentenceRow(
        public_id=row.public_id,
        about=row.about,
        text=row.text,
        is_edited=row.text != row.original,
        left_out=row.left_out,
        asked=row.asked,
        warnings=() if row.left_out else tuple(row.warnings),
        is_own=row.review.assignment.reviewer_id == user.pk,
    )


def _packet(row: FeedbackPacket, sentences: tuple[SentenceRow, ...]) -> PacketRow:
    return PacketRow(
        public_id=row.public_id,
        version=row.version,
        reference=row.track_application.application.reference,
        state=row.get_state_display(),
        chip=CHIPS[PacketState(row.state)],
        is_open=row.state == PacketState.OPEN,
        is_changed=row.is_changed and row.state == PacketState.OPEN,
        is_read=row.track_application.released_state in READ_TO_THE_END,
        told_at=row.told_at if row.state == PacketState.TOLD else None,
        sentences=sentences,
    )


def open_counts(user: Any) -> dict[str, int]:
    """Return how many packets wait for a check, by track (public ids)."""
    waiting = packets_visible_to(user).filter(state=PacketState.OPEN)
    waiting = waiting.exclude(track_application__internal_state__in=sorted(LEFT))
    waiting = waiting.exclude(track_application__track__cycle__feedback_policy=FeedbackPolicy.NONE)
    return dict(waiting.order_by().values_list("track_application__track__public_id").annotate(n=Count("pk")))


@dataclass(frozen=True)
class Edit:
    """One line of a sentence's history."""

    at: datetime
    by: str
    before: str
    after: str
    reason: str
    was_told: bool


@dataclass(frozen=True)
class SentencePage:
    """One sentence with its history."""

    public_id: str
    track: str
    track_id: str
    reference: str
    about: str
    text: str
    original: str
    left_out: str
    asked: str
    asked_at: datetime | None
    warnings: tuple[str, ...]
    version: int
    is_told: bool
    cannot_ask: str
    edits: tuple[Edit, ...]


def sentence_page(sentence: FeedbackSentence) -> SentencePage:
    """Return one sentence (from ``sentences_visible_to``) with what was done to it."""
    packet = sentence.packet
    row = packet.track_application
    return SentencePage(
        public_id=sentence.public_id,
        track=row.track.name,
        track_id=row.track.public_id,
        reference=row.application.reference,
        about=sentence.about,
        text=sentence.text,
        original=sentence.original,
        left_out=sentence.left_out,
        asked=sentence.asked,
        asked_at=sentence.asked_at,
        warnings=tuple(sentence.warnings),
        version=packet.version,
        is_told=packet.state == PacketState.TOLD,
        cannot_ask=why_not_asked(sentence),
        edits=tuple(
            Edit(edit.edited_at, str(edit.edited_by), edit.before, edit.after, edit.reason, edit.was_told)
            for edit in sentence.edits.select_related("edited_by").order_by("-pk")
        ),
    )


def why_not_asked(sentence: FeedbackSentence) -> str:
    """Return why the reader cannot write the sentence anew any more; empty while they can."""
    row = sentence.packet.track_application
    if dates_of(row.track.cycle).has_begun("review_closes", clock.now()):
        return "The review has closed: its readers can change nothing any more. Change the words here, or leave it out."
    if row.internal_state not in {TrackState.IN_REVIEW, TrackState.HELD}:
        return "It is decided on: its readers can change nothing any more. Change the words here, or leave it out."
    return ""


# ----------------------------------------------------------------------------------------------------- for readers


def asked_of_reader(path: str) -> Coalesce:
    """Return what the reader is asked to say otherwise in their sentence, for a query whose ``path`` is the reading.

    Empty if nothing, or once its packet is handed over or its person has left.
    """
    asked = FeedbackSentence.objects.filter(
        review__assignment=OuterRef(path), review__assignment__state=AssignmentState.SUBMITTED
    ).exclude(asked="")
    waiting = asked.exclude(packet__track_application__released_state__in=sorted(READ_TO_THE_END | LEFT))
    return Coalesce(Subquery(waiting.values("asked")[:1]), Value(""))


# ----------------------------------------------------------------------------------------------------- for batches


def with_note_counts(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Return the same lines with ``n_notes``: how many notes their checked packets hand over."""
    checked = FeedbackSentence.objects.filter(
        KEPT,
        packet__track_application=OuterRef("track_application"),
        packet__state__in=[PacketState.CHECKED, PacketState.TOLD],
    )
    counted = checked.order_by().values("packet").annotate(n=Count("pk")).values("n")
    return decisions.annotate(n_notes=Coalesce(Subquery(counted), 0))


# -------------------------------------------------------------------------------------------------- for applicants


@dataclass(frozen=True)
class Note:
    """What somebody wrote, and what about: the application, or a task by its title."""

    about: str
    text: str


@dataclass(frozen=True)
class Told:
    """What was handed over about one track."""

    track: str
    cycle: str
    reference: str
    notes: tuple[Note, ...]
    told_at: datetime | None
    corrected_at: datetime | None

    @property
    def n(self) -> int:
        """How many notes there are."""
        return len(self.notes)


def told_to(user: Any) -> dict[int, Told]:
    """Return what was handed over to ``user``, by their application in a track (primary keys), newest cycle first."""
    rows = (
        FeedbackPacket.objects.filter(track_application__application__person_id=user.pk, state=PacketState.TOLD)
        .select_related("track_application__application__cycle", "track_application__track")
        .defer("track_application__internal_state", "track_application__application__internal_state")
        .order_by("-track_application__application__cycle__programme_starts_on", "track_application__track__order")
    )
    return {
        row.track_application_id: Told(
            track=row.track_application.track.name,
            cycle=row.track_application.application.cycle.name,
            reference=row.track_application.application.reference,
            notes=tuple(Note(note["about"], note["text"]) for note in row.told),
            told_at=row.told_at,
            corrected_at=row.corrected_at,
        )
        for row in rows
    }


def track_row_of(packet: FeedbackPacket) -> TrackApplication:
    """Return the application in a track that a packet is about, with its person and cycle."""
    return TrackApplication.objects.select_related("application__person", "track__cycle").get(
        pk=packet.track_application_id
    )
