"""The chapter of the central review: conflicts are told, texts are given out and read."""

import random
from datetime import datetime

from django.db.models import Exists, OuterRef

from applications.domain import concerns, hearing, rulings
from applications.queries.corrections import answers_handed_in
from applications.states import CaseOutcome
from core import clock, jobs
from core.access import note_opening
from core.states import JobState
from mats_portal.demo import names
from mats_portal.demo.story.teller import HOUR, MINUTE, Teller
from mats_portal.demo.texts import concerns as concern_texts
from mats_portal.demo.texts import reviews as review_texts
from mats_portal.desk.models import CorrectionKind
from mats_portal.desk.privacy.requesting import answer_correction, ask_correction
from reviews.domain import conflicts, practice
from reviews.domain.concerns import settle_case
from reviews.domain.reviews import Reading, save_review_draft, submit_review
from reviews.models import ReviewAssignment
from reviews.queries.practice import items_of, reference_of, tracks_to_practise
from reviews.queries.rubrics import criteria_for
from reviews.states import AssignmentState, Confidence, ConflictKind


class Reviewing(Teller):
    """From the opening of the review to its close."""

    def review(self, until: datetime) -> None:
        """Give the texts to reviewers, and let them read as much as they have read by ``until``."""
        opens = self.when("review_opens")
        with clock.at(opens - HOUR):
            self._record_conflict()
        with clock.at(opens + MINUTE):
            self._assign()
        self._declare_one_conflict(opens + 3 * HOUR)
        with clock.at(opens + 4 * HOUR):
            self._assign()
        with clock.at(opens + 4 * HOUR + MINUTE):
            self._practise()
        last = self.when("review_closes") - 6 * HOUR
        quality = {applicant.application.pk: applicant.plan.quality for applicant in self.applicants}
        queue = list(
            ReviewAssignment.objects.filter(state=AssignmentState.ASSIGNED)
            .select_related("reviewer", "rubric", "track_application__application", "evaluation__application")
            .order_by("position")
        )
        for number, assignment in enumerate(queue, 1):
            moment = self.during(opens + 5 * HOUR, last, number / len(queue))
            if moment > until:
                break
            target = assignment.track_application or assignment.evaluation
            with clock.at(moment):
                note_opening(subject_id=target.application.person_id, viewer=assignment.reviewer, role="reviewer")
                submit_review(
                    assignment=assignment,
                    reading=self._reading(assignment, quality[target.application_id], number),
                    version=0,
                    by=assignment.reviewer,
                )
        for assignment in queue[number:][:12] if queue else ():
            with clock.at(until):
                save_review_draft(
                    assignment=assignment,
                    reading=Reading(note_internal="Read once."),
                    version=0,
                    by=assignment.reviewer,
                )
        self._ask_about_a_submission(until)
        self._put_an_answer_right(until)

    def _put_an_answer_right(self, until: datetime) -> None:
        """Let one applicant correct an answer that one of two people has read already."""
        asked, answered = until - 30 * HOUR, until - 26 * HOUR
        read = ReviewAssignment.objects.filter(track_application__isnull=False, submitted_at__lt=asked)
        reading = read.select_related("track_application__application__person").order_by("submitted_at", "pk").last()
        if reading is None:
            return
        application = reading.track_application.application
        told = next((one for one in answers_handed_in(application) if len(one.text) > 200), None)
        if told is None:
            return
        with clock.at(asked):
            request = ask_correction(
                person=application.person,
                kind=CorrectionKind.ANSWERS,
                what=concern_texts.WRONG,
                proposed=concern_texts.RIGHT,
                reason=concern_texts.WHY_WRONG,
                answer=told.key,
                by=application.person,
            )
        with clock.at(answered):
            answer_correction(correction=request, accept=True, reply=concern_texts.PUT_RIGHT, by=self.team.staff[0])

    def _ask_about_a_submission(self, until: datetime) -> None:
        """Let one grader ask about words that stand elsewhere, and their author explain them; settled by the close."""
        is_over = until >= self.when("review_closes")
        asked, answered = (until - 60 * HOUR, until - 40 * HOUR) if is_over else (until - 20 * HOUR, until - 3 * HOUR)
        later = ReviewAssignment.objects.filter(evaluation=OuterRef("evaluation")).exclude(submitted_at__lt=asked)
        graded = ReviewAssignment.objects.filter(~Exists(later), evaluation__isnull=False).order_by("evaluation", "pk")
        reading = graded.select_related("reviewer", "evaluation__application__person").last()
        if reading is None:
            return
        author = reading.evaluation.application.person
        with clock.at(asked):
            case = concerns.raise_concern(
                assignment=reading.evaluation,
                concern=concern_texts.SEEN,
                evidence=[concerns.Seen(*one) for one in concern_texts.EVIDENCE],
                by=reading.reviewer,
            )
        with clock.at(answered):
            hearing.answer_concern(case=case, text=concern_texts.ANSWER, by=author)
        if not is_over:
            return
        with clock.at(until - 20 * HOUR):
            rulings.propose_ruling(
                case=case, outcome=CaseOutcome.NO_CONCERN, reason=concern_texts.REASON, by=self.team.staff[0]
            )
        with clock.at(until - 18 * HOUR):
            settle_case(case=case, by=self.team.staff[1])

    def _assign(self) -> None:
        job = jobs.start("reviews.assign", by=self.team.staff[0], cycle_id=self.cycle.pk)
        jobs.run(job.pk)
        job.refresh_from_db()
        if job.state != JobState.DONE:
            raise RuntimeError(f"assigning the reviewers failed: {job.error}")

    def _practise(self) -> None:
        """Let two reviewers of three do the practice sets of their tracks, each a little off the reference."""
        for number, reviewer in enumerate(self.team.reviewers):
            # Drawn apart, so that nobody's texts or scores change by it.
            chance = random.Random(f"{self.seed} practice {number}")
            if number % 3 == 2:
                continue
            for track in tracks_to_practise(reviewer):
                begun = practice.start_practice(track=track, by=reviewer)
                for item in items_of(begun.rubric_id):
                    levels = {
                        code: level and min(5, max(1, level + chance.choice((-1, 0, 0, 0, 1))))
                        for code, (level, _) in reference_of(item).items()
                    }
                    practice.score_practice(item=item, scores=levels, by=reviewer)

    def _record_conflict(self) -> None:
        reviewer_name, email = names.CONFLICT
        reviewer = next(one for one in self.team.reviewers if one.display_name == reviewer_name)
        for applicant in self.applicants:
            if applicant.plan.email == email:
                conflicts.record_conflict(
                    reviewer=reviewer,
                    person=applicant.person,
                    by=reviewer,
                    kind=ConflictKind.COLLABORATION,
                    note="We wrote a report together.",
                )

    def _declare_one_conflict(self, moment: datetime) -> None:
        """Let one reviewer notice at the first text that they know the person by the work described."""
        assignment = (
            ReviewAssignment.objects.filter(state=AssignmentState.ASSIGNED, track_application__isnull=False)
            .select_related("reviewer")
            .order_by("position")
            .first()
        )
        if assignment:
            with clock.at(moment):
                conflicts.declare_conflict(
                    assignment=assignment,
                    kind=ConflictKind.INSTITUTION,
                    by=assignment.reviewer,
                    note="I know the project described.",
                )

    def _follow_ups(self, assignment: ReviewAssignment, number: int) -> tuple[str, ...]:
        """Return what a grader would ask about a task: nothing, one question or two."""
        if not assignment.evaluation_id:
            return ()
        # Drawn apart, so that nobody's texts or scores change by it.
        chance = random.Random(f"{self.seed} follow-up {number}")
        return tuple(chance.sample(review_texts.FOLLOW_UPS, chance.choice((0, 1, 1, 2))))

    def _reading(self, assignment: ReviewAssignment, quality: float, number: int) -> Reading:
        scores: dict[str, int | None] = {}
        mood = self.rng.gauss(0, 0.07)
        for criterion in criteria_for(assignment):
            span = criterion.scale_max - criterion.scale_min
            drawn = criterion.scale_min + round(span * (0.15 + 0.8 * quality + mood + self.rng.gauss(0, 0.12)))
            value = min(criterion.scale_max, max(criterion.scale_min, drawn))
            scores[criterion.code] = None if scores and self.rng.random() < 0.03 else value
        level = "high" if quality > 0.7 else "middle" if quality > 0.4 else "low"
        return Reading(
            scores=scores,
            confidence=self.rng.choice((Confidence.MEDIUM, Confidence.HIGH, Confidence.LOW)),
            feedback_public=self.rng.choice(review_texts.PUBLIC[level]),
            note_internal=self.rng.choice(review_texts.NOTES),
            follow_ups=self._follow_ups(assignment, number),
        )
