"""Check what readers wrote for applicants: in bulk, with words changed or left out where that is needed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from applications.states import TrackState
from core import audit, clock, outbox
from core.refusals import Refused, Stale
from core.transitions import locked, locked_rows, transition_all
from reviews.domain.packets import hand_over_packets, note_change, ready_key
from reviews.engine.wording import doubts, faults
from reviews.models import FeedbackEdit, FeedbackPacket, FeedbackSentence
from reviews.queries.feedback import (
    READ_TO_THE_END,
    packets_visible_to,
    sentences_visible_to,
    track_row_of,
    why_not_asked,
    words_of,
)
from reviews.states import AssignmentState, PacketState
from streams.models import Track
from streams.states import FeedbackPolicy

NO_FEEDBACK = "This cycle hands no notes over."


@dataclass(frozen=True)
class Checked:
    """What a check in bulk came to: packets checked, handed over at once, and changed since they were read."""

    n: int
    n_told: int
    changed: tuple[str, ...]  # public ids


@transaction.atomic
def check_packets(*, track: Track, versions: Mapping[str, int], by: Any) -> Checked:
    """Say that a person has read these packets (public id and the version that was read) and lets them go out.

    A packet that was changed since, or is checked already, is passed over. Where the result is released, a packet
    goes out at once, with a mail. Raises ``Refused`` if the cycle hands nothing over or nothing is left to check.
    """
    policy = track.cycle.feedback_policy
    if policy == FeedbackPolicy.NONE:
        raise Refused(NO_FEEDBACK)
    mine = packets_visible_to(by).filter(track_application__track=track, public_id__in=list(versions))
    found = locked_rows(FeedbackPacket, mine.values_list("pk", flat=True), "track_application")
    waiting = [packet for packet in found if packet.state == PacketState.OPEN]
    changed = tuple(packet.public_id for packet in waiting if packet.version != versions[packet.public_id])
    read = [packet for packet in waiting if packet.public_id not in changed]
    if not read:
        raise Refused(
            "They were changed since you read them. Read again, then check."
            if changed
            else "Nothing of this is left to check."
        )
    now = clock.now()
    for packet in read:
        packet.checked_by, packet.checked_at, packet.is_changed = by, now, False
    FeedbackPacket.objects.bulk_update(read, ["checked_by", "checked_at", "is_changed"], batch_size=1000)
    transition_all(read, "check", by=by)
    late = [one.track_application_id for one in read if one.track_application.released_state in READ_TO_THE_END]
    told = hand_over_packets(track_applications=late, policy=policy, by=by)
    _write_to([packet for packet in read if packet.track_application_id in told])
    return Checked(len(read), len(told), changed)


def _write_to(packets: Iterable[FeedbackPacket]) -> None:
    """Tell people whose result went out before that their notes are there now."""
    for packet in packets:
        row = track_row_of(packet)
        outbox.enqueue(
            key=ready_key(packet),
            to=row.application.person.email,
            person=row.application.person,
            template="reviews/mail/feedback_ready.txt",
            track=row.track.name,
            cycle=row.track.cycle.name,
            reference=row.application.reference,
        )


@transaction.atomic
def reopen_packet(*, packet: FeedbackPacket, by: Any) -> FeedbackPacket:
    """Take a check back, before the packet is handed over. Doing it twice changes nothing."""
    packet = _locked_packet(packet, by=by)
    if packet.state == PacketState.TOLD:
        raise Refused("It is handed over. Correct the sentence: its reader sees that it was corrected.")
    return note_change(packet, by=by) if packet.state == PacketState.CHECKED else packet


@transaction.atomic
def edit_sentence(*, sentence: FeedbackSentence, text: str, reason: str, version: int, by: Any) -> FeedbackSentence:
    """Change the words of a sentence; what its reader wrote stays on record. Once handed over, this is a correction.

    Raises ``Stale`` when the packet was changed since ``version`` was read, ``Refused`` for words that tell nothing
    or too much, and for a correction without a reason.
    """
    sentence, packet = _locked_sentence(sentence, by=by, version=version)
    text, reason = " ".join(text.split()), reason.strip()[:200]
    if not text:
        raise Refused("Write the sentence, or leave it out.")
    if found := faults(text):
        raise Refused(found[0])
    if text == sentence.text and not sentence.left_out:
        return sentence
    _demand_reason(packet, reason)
    before = "" if sentence.left_out else sentence.text
    row = track_row_of(packet)
    sentence.text, sentence.left_out, sentence.asked, sentence.asked_at = text, "", "", None
    sentence.warnings = doubts(text, [row.application.person.display_name])
    sentence.save(update_fields=["text", "left_out", "asked", "asked_at", "warnings"])
    _trace(sentence, packet, before=before, after=text, reason=reason, by=by)
    return sentence


@transaction.atomic
def leave_out(*, sentence: FeedbackSentence, reason: str, version: int, by: Any) -> FeedbackSentence:
    """Keep a sentence from its applicant, with a reason that stays inside."""
    sentence, packet = _locked_sentence(sentence, by=by, version=version)
    if sentence.left_out:
        return sentence
    reason = reason.strip()[:200]
    if not reason:
        raise Refused("Say why it is left out. The reason stays inside.")
    sentence.left_out, sentence.asked, sentence.asked_at = reason, "", None
    sentence.save(update_fields=["left_out", "asked", "asked_at"])
    _trace(sentence, packet, before=sentence.text, after="", reason=reason, by=by)
    return sentence


@transaction.atomic
def send_back(*, sentence: FeedbackSentence, note: str, version: int, by: Any) -> FeedbackSentence:
    """Ask whoever wrote a sentence to say it otherwise, while they still can. Raises ``Refused`` once they cannot."""
    sentence, _ = _locked_sentence(sentence, by=by, version=version)
    if why_not := why_not_asked(sentence):
        raise Refused(why_not)
    if not note.strip():
        raise Refused("Say what should be said otherwise. The reader sees this note.")
    assignment = sentence.review.assignment
    sentence.asked, sentence.asked_at = note.strip()[:300], clock.now()
    sentence.save(update_fields=["asked", "asked_at"])
    packet = note_change(locked(sentence.packet), by=by)
    audit.record("send_back", packet, by=by, sentence=sentence.public_id)
    outbox.enqueue(
        key=f"sent-back:{sentence.public_id}:{packet.version}",
        to=assignment.reviewer.email,
        person=assignment.reviewer,
        template="reviews/mail/sentence_sent_back.txt",
        label=assignment.label,
        assignment=assignment.public_id,
        note=sentence.asked,
    )
    return sentence


def _locked_packet(packet: FeedbackPacket, *, by: Any) -> FeedbackPacket:
    if not packets_visible_to(by).filter(pk=packet.pk).exists():
        raise Refused("This packet is not yours to check.")
    return locked(packet)


def _locked_sentence(sentence: FeedbackSentence, *, by: Any, version: int) -> tuple[FeedbackSentence, FeedbackPacket]:
    """Return the sentence and its packet, locked, if they still are what ``by`` has read."""
    packet = locked(FeedbackPacket(pk=sentence.packet_id))
    fresh = (
        sentences_visible_to(by)
        .filter(pk=sentence.pk, review__assignment__state=AssignmentState.SUBMITTED)
        .select_related("packet__track_application__track__cycle", "review__assignment__reviewer")
        .first()
    )
    if fresh is None:
        raise Refused("This sentence is not yours to change.")
    if packet.version != version:
        raise Stale("The packet was changed since you opened this page. Look again, then change it.", fresh)
    if packet.state == PacketState.TOLD and fresh.packet.track_application.released_state == TrackState.WITHDRAWN:
        raise Refused("The person has withdrawn. What they were told stands.")
    return fresh, packet


def _demand_reason(packet: FeedbackPacket, reason: str) -> None:
    if packet.state == PacketState.TOLD and not reason:
        raise Refused("It is handed over: give the reason of this correction. It stays inside.")


def _trace(
    sentence: FeedbackSentence, packet: FeedbackPacket, *, before: str, after: str, reason: str, by: Any
) -> None:
    """Keep what was changed; a packet that was handed over says from now on that it was corrected."""
    was_told = packet.state == PacketState.TOLD
    FeedbackEdit.objects.create(
        sentence=sentence, before=before, after=after, reason=reason, was_told=was_told, edited_by=by
    )
    if was_told:
        packet.told, packet.corrected_at = words_of([packet])[packet.pk], clock.now()
        packet.version += 1
        packet.save(update_fields=["told", "corrected_at", "version"])
    else:
        packet = note_change(packet, by=by)
    audit.record("correct" if was_told else "edit", packet, by=by, sentence=sentence.public_id)
