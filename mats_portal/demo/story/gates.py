"""Two chapters of decisions: the screen after the general application and the central review."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import User
from applications import queries as applying
from applications.domain import application as applications
from applications.domain import phases, references
from applications.states import ApplicationState, TrackState
from core import clock
from mats_portal.demo.cohort import ENTERS_STAGE2, Fate
from mats_portal.demo.story.teller import DAY, HOUR, MINUTE, Teller
from mats_portal.demo.texts import reviews as review_texts
from reviews.domain import batches, feedback
from reviews.models import DecisionBatch, FeedbackPacket
from reviews.queries.feedback import packets_visible_to, sentences_visible_to
from reviews.queries.reads import reads_of
from reviews.states import GateKind, Outcome, PacketState
from streams.models import Track

#: The share of a track's readings that the line of its batch lets through.
GOES_ON = 0.6


class Gates(Teller):
    """Decide, have a second person approve, release."""

    def screen(self) -> None:
        """Decide at the screen and release the decisions; stage 2 opens."""
        released = self.when("screen_released")
        for track in self.tracks.values():
            with clock.at(released - 8 * HOUR):
                batch = self._screen_batch(track)
            if batch is not None:
                self._pass(batch, released)
        with clock.at(max(released, self.when("stage2_opens")) + MINUTE):
            self._each(applying.due_for_stage2(self.cycle), "application", phases.open_stage2)
            self._each(applying.references_to_request(self.cycle), "reference", references.request_reference)

    def _screen_batch(self, track: Track) -> DecisionBatch | None:
        if not track.track_applications.filter(internal_state=TrackState.IN_SCREEN).exists():
            return None
        lead = self.team.leads[track.pk]
        batch = batches.create_batch(track=track, gate=GateKind.SCREEN, by=lead)
        by_application = {applicant.application.pk: applicant.plan for applicant in self.applicants}
        for decision in batch.decisions.select_related("track_application", "batch"):
            plan = by_application[decision.track_application.application_id]
            # Of somebody who goes on with two tracks, the second is at times not for them.
            second = plan.tracks.index(track.slug) > 0 and self.rng.random() < 0.2
            if plan.fate not in ENTERS_STAGE2 or second:
                batches.set_outcome(
                    decision=decision,
                    outcome=Outcome.NOT_ADVANCE,
                    by=lead,
                    reason=self.rng.choice(review_texts.SCREEN_REASONS),
                )
        return batch

    def _pass(self, batch: DecisionBatch, released: datetime) -> None:
        """Have a second person approve a batch three hours before its release, and release it."""
        with clock.at(released - 3 * HOUR):
            batch.refresh_from_db()
            batches.approve_batch(batch=batch, version=batch.version, by=self.team.staff[0])
            batches.schedule_batch(batch=batch, release_at=released, by=self.team.staff[0])
        with clock.at(released):
            batches.release_batch(batch=batch)

    def decide(self) -> None:
        """Decide at the central review and release the decisions; some are held and settled three days later."""
        released = self.when("advance_released")
        for track in self.tracks.values():
            with clock.at(released - DAY):
                batch = self._review_batch(track)
            if batch is not None:
                with clock.at(released - 4 * HOUR):
                    self._check_notes(batch, all_but=2)
                self._pass(batch, released)
        self._settle_held(released + 3 * DAY)
        self._leave_late(released + 5 * DAY)

    def _review_batch(self, track: Track) -> DecisionBatch | None:
        waiting = list(
            track.track_applications.filter(internal_state=TrackState.IN_REVIEW).values_list("pk", flat=True)
        )
        if not waiting:
            return None
        lead = self.team.leads[track.pk]
        reads = reads_of(waiting, self.cycle.reviews_per_application)
        batch = batches.create_batch(track=track, gate=GateKind.REVIEW, by=lead, rule_line=_line(reads.values()))
        held = {applicant.application.pk for applicant in self.applicants if applicant.plan.fate is Fate.HELD}
        for decision in batch.decisions.select_related("track_application", "batch"):
            row = decision.track_application
            if row.application_id in held or not reads[row.pk].are_complete:
                outcome = Outcome.HOLD
            elif reads[row.pk].disagree:
                outcome = Outcome(decision.outcome)
            else:
                continue
            batches.set_outcome(
                decision=decision, outcome=outcome, by=lead, reason=self.rng.choice(review_texts.REASONS)
            )
        return batch

    def _check_notes(self, batch: DecisionBatch, all_but: int = 0) -> None:
        """Let the lead read the notes of a batch: one in twelve is said shorter, and the last ones are left for later.

        A lead who is close to somebody, or reads themselves, leaves those to the staff, who check them later.
        """
        lead = self.team.leads[batch.track_id]
        waiting = packets_visible_to(lead).filter(track_application__in=batch.decisions.values("track_application"))
        waiting = waiting.filter(state=PacketState.OPEN).order_by("track_application__application__reference")
        packets = list(waiting)[: -all_but or None]
        for number, packet in enumerate(packets[::12]):
            self._reword(packet, lead, review_texts.REWORDED[number % len(review_texts.REWORDED)])
        versions = dict(waiting.filter(pk__in=[one.pk for one in packets]).values_list("public_id", "version"))
        if versions:
            feedback.check_packets(track=batch.track, versions=versions, by=lead)

    def _reword(self, packet: FeedbackPacket, lead: User, text: str) -> None:
        sentence = sentences_visible_to(lead).filter(packet=packet).order_by("position").first()
        if sentence is not None:
            feedback.edit_sentence(
                sentence=sentence,
                text=text,
                reason=review_texts.REWORDED_WHY,
                version=packet.version,
                by=lead,
            )

    def _settle_held(self, released: datetime) -> None:
        """Decide on most of those held; the last one of all goes on waiting."""
        for track in self.tracks.values():
            held = track.track_applications.filter(internal_state=TrackState.HELD)
            if held.count() < 2:
                continue
            lead = self.team.leads[track.pk]
            with clock.at(released - DAY):
                batch = batches.create_batch(track=track, gate=GateKind.REVIEW, by=lead, rule_line=Decimal("3.00"))
                first, *others = batch.decisions.select_related("track_application", "batch").order_by("pk")
                batches.take_out(decision=first, by=lead)
                for number, decision in enumerate(others):
                    outcome = Outcome.ADVANCE if number % 2 == 0 else Outcome.NOT_ADVANCE
                    batches.set_outcome(
                        decision=decision, outcome=outcome, by=lead, reason=self.rng.choice(review_texts.REASONS)
                    )
                self._check_notes(batch)
            self._pass(batch, released)

    def _leave_late(self, moment: datetime) -> None:
        for applicant in self.applicants:
            if applicant.plan.fate is Fate.WITHDRAWS_LATE:
                applicant.application.refresh_from_db()
                if applicant.application.internal_state in {ApplicationState.UNDER_REVIEW, ApplicationState.FINAL}:
                    with clock.at(moment):
                        applications.withdraw_application(application=applicant.application, by=applicant.person)


def _line(reads: Iterable[Any]) -> Decimal:
    """Return the line that lets the better part of a track through, rounded to a twentieth."""
    means = sorted((read.mean for read in reads if read.mean is not None), reverse=True)
    if not means:
        return Decimal("3.00")
    line = means[min(len(means) - 1, int(len(means) * GOES_ON))]
    return max(Decimal("1.00"), (line * 20).to_integral_value() / 20)
