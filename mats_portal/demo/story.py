"""Live one cycle: each act at its own instant, by the same functions that people's pages call."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.core.files.base import ContentFile

from accounts.models import User
from applications import queries as applying
from applications.domain import application as applications
from applications.domain import evaluations, phases, references, timed
from applications.domain import streams as stream_acts
from applications.domain.answers import save_answer
from applications.domain.documents import store_document
from applications.models import Application, EvaluationAssignment, StreamApplication
from applications.queries.sheets import condition_holds
from applications.queries.timed import last_start
from applications.states import AnswerScope, ApplicationState, TrackState
from core import clock, jobs
from core.access import note_opening
from core.states import JobState
from matching.domain import offers, preferences, rankings, runs
from matching.models import MatchRun, Offer
from matching.queries.preferences import order_of
from matching.queries.rankings import people_of
from matching.states import OfferState
from mats_portal.demo import domain, names
from mats_portal.demo.answers import Answers
from mats_portal.demo.cohort import ENTERS_STAGE2, SUBMITS, Fate, Plan
from mats_portal.demo.files import pdf
from mats_portal.demo.people import Team, invent_person
from mats_portal.demo.referees import Referees, broken_references, open_references
from mats_portal.demo.texts import reviews as review_texts
from mats_portal.demo.texts.writer import Writer
from questions.models import FormItem
from questions.states import FormState, QuestionKind
from reviews.domain import batches, conflicts
from reviews.domain.reviews import Reading, save_review_draft, submit_review
from reviews.models import DecisionBatch, ReviewAssignment
from reviews.queries.reads import reads_of
from reviews.states import AssignmentState, Confidence, ConflictKind, GateKind, Outcome
from streams.models import Cycle, Stream, Track
from streams.states import StreamState

log = structlog.get_logger(__name__)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: Shares of those who could act and do, while the window is still open.
LISTS_SUBMITTED, LISTS_STARTED, ORDERS_CONFIRMED = 0.55, 0.8, 0.6
OFFERS_ACCEPTED, OFFERS_DECLINED = 0.5, 0.6
#: The share of a track's readings that the line of its batch lets through.
GOES_ON = 0.6
#: Share of the people who send a file where a question takes one: each is looked into by a process of its own.
WITH_A_FILE = 0.1


class Silent:
    """Somebody who does not want to hear how far a match run is."""

    def step(self, message: str, done: int = 0, total: int = 0) -> None:
        """Hear it and say nothing."""


@dataclass
class Applicant:
    """One invented person in the cycle."""

    plan: Plan
    person: User
    application: Application


@dataclass
class Story:
    """One cycle as it is lived, up to now. Phases are told in the order of the calendar, each up to an instant."""

    cycle: Cycle
    team: Team
    plans: list[Plan]
    seed: int
    applicants: list[Applicant] = field(default_factory=list)
    run: MatchRun | None = None

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.answers = Answers(self.rng)
        self.referees = Referees(self.seed, len(self.plans))
        self.dates = applying.dates_of(self.cycle)
        self.tracks = {track.slug: track for track in Track.objects.filter(cycle=self.cycle)}
        self.items: dict[int, list[FormItem]] = {}
        for item in FormItem.objects.filter(version__state=FormState.PUBLISHED).select_related("version", "question"):
            self.items.setdefault(item.version.form_id, []).append(item)
        published = Stream.objects.filter(cycle=self.cycle, state=StreamState.PUBLISHED)
        self.streams = list(published.prefetch_related("stream_tracks", "areas").order_by("pk"))

    # ------------------------------------------------------------------------------------------------ small helpers

    def when(self, code: str) -> datetime:
        """Return the instant of a key date."""
        moment = self.dates.instant(code)
        if moment is None:
            raise LookupError(f"the cycle has no date called {code}")
        return moment

    def after_grace(self, code: str) -> datetime:
        """Return the first minute in which nothing is taken any more."""
        return self.when(code) + self.dates.grace + MINUTE

    def during(self, first: datetime, last: datetime, pace: float) -> datetime:
        """Return an instant inside a window."""
        return first + (last - first) * pace

    def _each(self, rows: Iterable[Any], name: str, act: Callable[..., Any]) -> None:
        for row in rows:
            act(**{name: row})

    def _fill(
        self, applicant: Applicant, form_id: int | None, scope: str, scope_key: str, *, share: float = 1.0
    ) -> None:
        """Answer the questions of a form in order, or the first ``share`` of them."""
        items = self.items.get(form_id or 0, [])
        given: dict[str, Any] = {}
        for item in sorted(items, key=lambda item: item.order)[: max(1, round(len(items) * share))]:
            if not condition_holds(item.visible_if, given):
                continue
            if item.question.kind == QuestionKind.FILE:
                self._send_file(applicant, item, scope, scope_key)
                continue
            value = self.answers.value(item, applicant.plan)
            if value is None:
                continue
            given[item.question.code] = value
            save_answer(
                application=applicant.application,
                item=item,
                scope=scope,
                scope_key=scope_key,
                value=value,
                version=0,
                by=applicant.person,
            )

    def _send_file(self, applicant: Applicant, item: FormItem, scope: str, scope_key: str) -> None:
        """Send a small PDF for some of the people; drawn apart, so that nobody else's texts change by it."""
        chance = random.Random(f"{self.seed} {applicant.plan.email} {item.question.code}")
        if chance.random() < WITH_A_FILE:
            lines = [
                str(applicant.person),
                "",
                "Curriculum vitae" if item.question.code == "cv" else item.question.text,
            ]
            lines += ["", Writer(chance).answer("evidence_built"), "", Writer(chance).answer("motivation_growth")]
            store_document(
                application=applicant.application,
                item=item,
                scope=scope,
                scope_key=scope_key,
                upload=ContentFile(pdf(lines), name=f"{item.question.code.replace('_', '-')}.pdf"),
                by=applicant.person,
            )

    # ------------------------------------------------------------------------------------------ general application

    def apply(self, until: datetime) -> None:
        """Let everybody who starts before ``until`` apply, as far as they have come by then."""
        opens, closes = self.when("general_opens"), self.when("general_closes")
        for plan in sorted(self.plans, key=lambda plan: plan.pace):
            starts = self.during(opens + HOUR, closes - 2 * DAY, plan.pace * 0.9)
            if starts > until:
                continue
            submits = self.during(starts + 2 * HOUR, closes - 20 * MINUTE, plan.pace)
            with clock.at(starts):
                applicant = self._begin(plan)
                is_done = submits <= until and plan.fate in SUBMITS
                self._write_general(applicant, is_done=is_done)
            if is_done:
                self._submit(applicant, submits, until)
        self._fall_back(until)

    def _begin(self, plan: Plan) -> Applicant:
        person = invent_person(name=plan.name, email=plan.email, zone=plan.zone, by=None)
        application = applications.start_application(cycle=self.cycle, person=person, by=person)
        applicant = Applicant(plan, person, application)
        self.applicants.append(applicant)
        return applicant

    def _write_general(self, applicant: Applicant, *, is_done: bool) -> None:
        if applicant.plan.fate is Fate.EMPTY_DRAFT_LAPSES:
            return
        chosen = [self.tracks[slug] for slug in applicant.plan.tracks]
        applications.choose_tracks(application=applicant.application, tracks=chosen, by=applicant.person)
        share = 1.0 if is_done else self.rng.uniform(0.2, 0.8)
        self._fill(applicant, self.cycle.general_form_id, AnswerScope.GENERAL, "", share=share)
        for track in chosen if is_done else ():
            self._fill(applicant, track.form_id, AnswerScope.TRACK, track.public_id)

    def _submit(self, applicant: Applicant, submits: datetime, until: datetime) -> None:
        with clock.at(submits):
            applicant.application = applications.submit_application(
                application=applicant.application, by=applicant.person, minutes_taken=self.rng.randrange(45, 190, 5)
            )
            self.referees.named_by(applicant.application)
        leaves = submits + self.rng.uniform(0.1, 2) * DAY
        if applicant.plan.fate is Fate.WITHDRAWS_EARLY and leaves <= until:
            with clock.at(leaves):
                applications.withdraw_application(application=applicant.application, by=applicant.person)

    def _fall_back(self, until: datetime) -> None:
        """Let those who want to improve something reopen in the last hours and not be done in time."""
        reopens = self.when("general_closes") - 3 * HOUR
        if reopens > until:
            return
        for applicant in self.applicants:
            if applicant.plan.fate is Fate.FALLS_BACK:
                with clock.at(max(reopens, clock_of(applicant.application) + MINUTE)):
                    applications.reopen_application(application=applicant.application, by=applicant.person)

    def close_general(self) -> None:
        """End the general window."""
        with clock.at(self.after_grace("general_closes")):
            self._each(applying.due_for_close(self.cycle), "application", phases.close_application)

    # ------------------------------------------------------------------------------------------------------- screen

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

    # ------------------------------------------------------------------------------------------------------ stage 2

    def stage_two(self, until: datetime) -> None:
        """Let everybody in stage 2 do their tasks and submit their streams, as far as they have come by ``until``."""
        opens, closes = self.when("stage2_opens"), self.when("stage2_closes")
        for applicant in self.applicants:
            applicant.application.refresh_from_db()
            if applicant.application.internal_state != ApplicationState.STAGE2:
                continue
            starts = self.during(opens + 2 * HOUR, closes - 3 * DAY, applicant.plan.pace * 0.9)
            if starts > until:
                continue
            with clock.at(starts):
                rows = self._add_streams(applicant)
            ends = self.during(starts + HOUR, closes - 10 * MINUTE, applicant.plan.pace)
            self._work_in_stage2(applicant, rows, starts, ends, until)
        self._hear_from_referees(until)

    def _hear_from_referees(self, until: datetime) -> None:
        closes = self.when("stage2_closes")
        for reference in open_references():
            self.referees.answer(reference, closes, until)
        # Every second applicant whose referee cannot write names another one.
        for reference in broken_references()[::2]:
            moment = (reference.ended_at or until) + 2 * HOUR
            if moment <= min(until, closes) and reference.application.released_state == ApplicationState.STAGE2:
                with clock.at(moment):
                    self.referees.replace_one(reference.application, reference)

    def _add_streams(self, applicant: Applicant) -> list[StreamApplication]:
        opened = set(
            applicant.application.track_applications.filter(released_state=TrackState.STREAMS_OPEN).values_list(
                "track_id", flat=True
            )
        )
        open_streams = [
            stream for stream in self.streams if opened & {link.track_id for link in stream.stream_tracks.all()}
        ]
        chosen = self.rng.sample(open_streams, min(applicant.plan.n_streams or 1, len(open_streams)))
        rows = []
        for stream in chosen:
            row = stream_acts.add_stream(application=applicant.application, stream=stream, by=applicant.person)
            areas = list(stream.areas.all())
            if areas:
                picked = self.rng.sample(areas, self.rng.randint(1, len(areas)))
                stream_acts.choose_areas(stream_application=row, areas=picked, by=applicant.person)
            rows.append(row)
        return rows

    def _work_in_stage2(
        self, applicant: Applicant, rows: list[StreamApplication], starts: datetime, ends: datetime, until: datetime
    ) -> None:
        fate = applicant.plan.fate
        is_idle = fate in {Fate.STAGE2_LAPSES, Fate.WITHDRAWS_IN_STAGE2}
        for number, row in enumerate(rows, 1):
            moment = self.during(starts + 5 * MINUTE, ends, number / len(rows))
            # The last of many is at times left as a draft.
            is_left = is_idle or (number > 2 and self.rng.random() < 0.1)
            if moment <= until:
                with clock.at(moment):
                    self._do_stream(applicant, row, is_left=is_left)
        for number, task in enumerate(applicant.application.evaluation_assignments.order_by("pk"), 1):
            moment = self.during(starts + 10 * MINUTE, ends, number / (number + 1))
            if task.definition.is_timed:
                if moment <= until and not is_idle:
                    self._do_timed(applicant, task, min(moment, last_start(task, self.dates)), until)
                continue
            if moment <= until and not is_idle and self.rng.random() < 0.94:
                with clock.at(moment):
                    self._do_evaluation(applicant, task)
        if fate is Fate.WITHDRAWS_IN_STAGE2 and ends <= until:
            with clock.at(ends):
                applications.withdraw_application(application=applicant.application, by=applicant.person)

    def _do_stream(self, applicant: Applicant, row: StreamApplication, *, is_left: bool) -> None:
        share = 0.5 if is_left else 1.0
        self._fill(applicant, row.stream.form_id, AnswerScope.STREAM, row.public_id, share=share)
        if not is_left:
            stream_acts.submit_stream_application(
                stream_application=row, by=applicant.person, acknowledged=(stream_acts.AGREEMENT,)
            )

    def _do_evaluation(self, applicant: Applicant, task: EvaluationAssignment) -> None:
        self._fill(applicant, task.definition.form_id, AnswerScope.EVALUATION, task.public_id)
        evaluations.submit_evaluation(
            assignment=task, by=applicant.person, ai_statement=self.answers.writer.answer("ai_use_statement")
        )

    def _do_timed(self, applicant: Applicant, task: EvaluationAssignment, starts: datetime, until: datetime) -> None:
        """Do a task with a clock: most hand it in, some let the time run out, and one or two have just begun."""
        chance = random.Random(f"{self.seed} {applicant.plan.email} {task.definition.code}")
        rest, pace = chance.random(), chance.uniform(0.4, 0.95)
        if rest < 0.1:
            return
        with clock.at(starts):
            task = timed.start_evaluation(assignment=task, by=applicant.person)
        works = starts + (task.ends_at - starts) * pace
        if works <= until:
            with clock.at(works):
                self._fill(applicant, task.definition.form_id, AnswerScope.EVALUATION, task.public_id)
                if rest < 0.85:
                    evaluations.submit_evaluation(
                        assignment=task, by=applicant.person, ai_statement=Writer(chance).answer("ai_use_statement")
                    )
                    return
        if task.ends_at + MINUTE <= until:
            with clock.at(task.ends_at + MINUTE):
                timed.end_timed_task(assignment=task)

    def close_stage2(self) -> None:
        """End stage 2."""
        with clock.at(self.after_grace("stage2_closes")):
            self._each(applying.references_to_expire(self.cycle), "reference", references.expire_reference)
            self._each(applying.due_for_review(self.cycle), "application", phases.close_stage2)

    # ------------------------------------------------------------------------------------------------------- review

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
                    reading=self._reading(assignment, quality[target.application_id]),
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

    def _assign(self) -> None:
        job = jobs.start("reviews.assign", by=self.team.staff[0], cycle_id=self.cycle.pk)
        jobs.run(job.pk)
        job.refresh_from_db()
        if job.state != JobState.DONE:
            raise RuntimeError(f"assigning the reviewers failed: {job.error}")

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

    def _reading(self, assignment: ReviewAssignment, quality: float) -> Reading:
        scores: dict[str, int | None] = {}
        mood = self.rng.gauss(0, 0.07)
        for criterion in assignment.rubric.criteria.all():
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
        )

    # ---------------------------------------------------------------------------------------------------- decisions

    def decide(self) -> None:
        """Decide at the central review and release the decisions; some are held and settled three days later."""
        released = self.when("advance_released")
        for track in self.tracks.values():
            with clock.at(released - DAY):
                batch = self._review_batch(track)
            if batch is not None:
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
            self._pass(batch, released)

    def _leave_late(self, moment: datetime) -> None:
        for applicant in self.applicants:
            if applicant.plan.fate is Fate.WITHDRAWS_LATE:
                applicant.application.refresh_from_db()
                if applicant.application.internal_state in {ApplicationState.UNDER_REVIEW, ApplicationState.FINAL}:
                    with clock.at(moment):
                        applications.withdraw_application(application=applicant.application, by=applicant.person)

    # ------------------------------------------------------------------------------------------------------ ranking

    def rank(self, until: datetime) -> None:
        """Let both sides order each other, as far as they have come by ``until``."""
        first, last = self.when("advance_released") + 6 * DAY, self.when("rankings_close") - HOUR
        is_over = until >= last
        for applicant in self.applicants:
            applicant.application.refresh_from_db()
            if applicant.application.internal_state == ApplicationState.FINAL:
                moment = self.during(first, min(last, until), applicant.plan.pace)
                with clock.at(moment):
                    self._order(applicant, confirms=is_over or self.rng.random() < ORDERS_CONFIRMED)
        for number, stream in enumerate(self.streams):
            share = (number * 7 % len(self.streams)) / len(self.streams)
            moment = self.during(first, min(last, until), 0.3 + 0.6 * share)
            with clock.at(moment):
                self._rank_stream(
                    stream,
                    starts=is_over or share < LISTS_STARTED,
                    submits=share < (0.95 if is_over else LISTS_SUBMITTED),
                )

    def _order(self, applicant: Applicant, *, confirms: bool) -> None:
        kept = preferences.sync_preferences(application=applicant.application, by=applicant.person)
        order = list(order_of(applicant.application).on)
        if not order or not confirms:
            return
        self.rng.shuffle(order)
        # Some would rather not go to one of the streams they applied to.
        n_below = 1 if len(order) > 2 and self.rng.random() < 0.15 else 0
        kept = preferences.set_preferences(
            application=applicant.application,
            on=order[: len(order) - n_below],
            below=order[len(order) - n_below :],
            version=kept.version,
            by=applicant.person,
        )
        preferences.confirm_preferences(application=applicant.application, version=kept.version, by=applicant.person)

    def _rank_stream(self, stream: Stream, *, starts: bool, submits: bool) -> None:
        mentor = next(
            (one.user for one in stream.mentors.select_related("user").order_by("stream_mentors__order") if one.user),
            None,
        )
        people = list(people_of(stream))
        if mentor is None or not people or not starts:
            return
        quality = {applicant.application.pk: applicant.plan.quality for applicant in self.applicants}
        people.sort(key=lambda row: quality[row.application_id] + self.rng.gauss(0, 0.15), reverse=True)
        n_ranked = max(1, min(len(people), max(round(len(people) * 0.75), stream.seats_granted * 2)))
        ranked = [row.public_id for row in people[:n_ranked]]
        for row in people:
            note_opening(subject_id=row.application.person_id, viewer=mentor, role="mentor")
        rank_list = rankings.ensure_rank_list(stream=stream, by=mentor)
        rank_list = rankings.save_ranking(
            rank_list=rank_list,
            tiers=self._tiers(ranked),
            version=rank_list.version,
            by=mentor,
            not_acceptable=[row.public_id for row in people[n_ranked : n_ranked + 1]],
        )
        if submits:
            rankings.submit_ranking(rank_list=rank_list, by=mentor)

    def _tiers(self, ranked: list[str]) -> list[list[str]]:
        """Put neighbours into one tier now and then."""
        tiers: list[list[str]] = []
        for name in ranked:
            if tiers and len(tiers[-1]) < 3 and self.rng.random() < 0.2:
                tiers[-1].append(name)
            else:
                tiers.append([name])
        return tiers

    # ---------------------------------------------------------------------------------------------- match and offers

    def match(self) -> MatchRun:
        """Lock the lists, compute the match and have a second person approve it; offers are drafted."""
        with clock.at(self.after_grace("rankings_close")):
            rankings.lock_lists(cycle=self.cycle)
        with clock.at(self.when("match_run")):
            run = runs.make_run(cycle=self.cycle, seed=f"{self.cycle.code}-{self.seed}", by=self.team.staff[0])
            runs.compute_run(run.pk, Silent())
        with clock.at(self.when("match_run") + 40 * MINUTE):
            run.refresh_from_db()
            self.run = runs.approve_run(run=run, by=self.team.staff[1])
        return self.run

    def offer(self, until: datetime) -> None:
        """Send the offers; some are answered by ``until``."""
        sent = self.when("offers_sent")
        if self.run is None:
            raise LookupError("there is no approved run to send offers from")
        with clock.at(sent):
            offers.release_offers(run=self.run, by=self.team.staff[0])
        replies = list(Offer.objects.filter(run=self.run, state=OfferState.SENT).select_related("application__person"))
        for number, offer in enumerate(replies):
            share, moment = number / len(replies), self.during(sent + HOUR, until, (number + 1) / (len(replies) + 1))
            person = offer.application.person
            with clock.at(moment):
                if share < OFFERS_ACCEPTED:
                    offers.accept_offer(offer=offer, by=person)
                elif share < OFFERS_DECLINED:
                    offers.decline_offer(offer=offer, by=person, reason=self.rng.choice(review_texts.DECLINE_REASONS))

    def deliver(self, moment: datetime) -> None:
        """Deliver the post of the time up to ``moment``."""
        with clock.at(moment):
            domain.deliver_past_mail()


def clock_of(application: Application) -> datetime:
    """Return when the application was last handed in."""
    return application.submitted_at or application.created_at


def _line(reads: Iterable[Any]) -> Decimal:
    """Return the line that lets the better part of a track through, rounded to a twentieth."""
    means = sorted((read.mean for read in reads if read.mean is not None), reverse=True)
    if not means:
        return Decimal("3.00")
    line = means[min(len(means) - 1, int(len(means) * GOES_ON))]
    return max(Decimal("1.00"), (line * 20).to_integral_value() / 20)
