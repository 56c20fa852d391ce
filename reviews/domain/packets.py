"""What readers wrote for applicants, from the reading to the release: gathered, handed over, taken back."""

import random
from collections.abc import Iterable
from typing import Any

from applications.models import EvaluationAssignment, TrackApplication
from core import clock, outbox
from core.transitions import locked, locked_rows, transition, transition_all
from reviews.engine.wording import doubts
from reviews.models import FeedbackPacket, FeedbackSentence, Review, ReviewAssignment
from reviews.queries.feedback import words_of
from reviews.states import PacketState
from streams.states import FeedbackPolicy

HAS_CONFLICT = "The reader turned out to be in conflict with the applicant."
_ORDER = random.SystemRandom()


def ready_key(packet: FeedbackPacket) -> str:
    """Name the mail that says that notes are there after a result."""
    return f"feedback:{packet.public_id}"


def gather_sentence(*, review: Review, assignment: ReviewAssignment, by: Any) -> None:
    """Put what a reader has just handed in into every packet it belongs to; what was handed over stays as it is.

    Call in the transaction that hands the reading in. A packet that was checked before is to be checked again.
    """
    about = assignment.evaluation.definition.title if assignment.evaluation else ""
    for row in _rows_read(assignment):
        packet, _ = FeedbackPacket.objects.get_or_create(track_application=row)
        packet = locked(packet)
        if packet.state == PacketState.TOLD:
            continue
        known = FeedbackSentence.objects.filter(packet=packet, review=review).first()
        if known is not None and known.original == review.feedback_public and not known.asked:
            continue
        names = [by.display_name, row.application.person.display_name]
        words: dict[str, Any] = {
            "original": review.feedback_public,
            "text": review.feedback_public,
            "warnings": doubts(review.feedback_public, names),
            "about": about,
            "left_out": "",
            "asked": "",
            "asked_at": None,
        }
        if known is None:
            words["position"] = _ORDER.randrange(2**31)
        FeedbackSentence.objects.update_or_create(packet=packet, review=review, defaults=words)
        note_change(packet, by=by)


def _rows_read(assignment: ReviewAssignment) -> list[TrackApplication]:
    """Return the applications in tracks that a reading is about: its own, or all that its task serves."""
    rows = TrackApplication.objects.select_related("application__person")
    if assignment.track_application_id:
        return list(rows.filter(pk=assignment.track_application_id))
    task: EvaluationAssignment = assignment.evaluation
    tracks = task.definition.tracks.values("pk")
    return list(rows.filter(application_id=task.application_id, track__in=tracks).order_by("pk"))


def note_change(packet: FeedbackPacket, *, by: Any) -> FeedbackPacket:
    """Count a change of a locked packet; one that was checked is to be checked again."""
    packet.version += 1
    if packet.state == PacketState.CHECKED:
        return transition(packet, "reopen", by=by, version=packet.version, is_changed=True)
    packet.save(update_fields=["version"])
    return packet


def drop_sentences(*, assignment: ReviewAssignment, by: Any) -> None:
    """Leave out what a reader wrote of somebody they are in conflict with, wherever it is not handed over yet."""
    for sentence in FeedbackSentence.objects.filter(review__assignment=assignment, left_out="").order_by("packet_id"):
        packet = locked(FeedbackPacket(pk=sentence.packet_id))
        if packet.state == PacketState.TOLD:
            continue
        sentence.left_out, sentence.asked, sentence.asked_at = HAS_CONFLICT, "", None
        sentence.save(update_fields=["left_out", "asked", "asked_at"])
        note_change(packet, by=by)


def hand_over_packets(*, track_applications: Iterable[int], policy: str, by: Any) -> set[int]:
    """Freeze the checked packets of many (primary keys of applications in a track) as what their people read.

    Returns whose (by the same keys) held anything to read. Call in the transaction that shows them their result.
    """
    if policy == FeedbackPolicy.NONE:
        return set()
    ids = FeedbackPacket.objects.filter(track_application__in=list(track_applications), state=PacketState.CHECKED)
    packets = locked_rows(FeedbackPacket, ids.values_list("pk", flat=True))
    words, now = words_of(packets), clock.now()
    filled = [packet for packet in packets if words[packet.pk]]
    for packet in filled:
        packet.told, packet.told_at, packet.corrected_at = words[packet.pk], now, None
    FeedbackPacket.objects.bulk_update(filled, ["told", "told_at", "corrected_at"], batch_size=1000)
    transition_all(filled, "hand_over", by=by)
    return {packet.track_application_id for packet in filled}


def take_packets_back(*, track_applications: Iterable[int], by: Any) -> None:
    """Take packets back with the release that handed them over: they are checked, as they were before it."""
    told = FeedbackPacket.objects.filter(track_application__in=list(track_applications), state=PacketState.TOLD)
    packets = locked_rows(FeedbackPacket, told.values_list("pk", flat=True))
    transition_all(packets, "take_back", by=by)
    outbox.hold_back(keys=[ready_key(packet) for packet in packets])
    for packet in packets:
        packet.told, packet.told_at, packet.corrected_at = [], None, None
    FeedbackPacket.objects.bulk_update(packets, ["told", "told_at", "corrected_at"], batch_size=1000)
