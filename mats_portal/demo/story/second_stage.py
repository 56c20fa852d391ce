"""The chapter of stage 2: streams, tasks with and without a clock, and what referees do."""

import random
from datetime import datetime

from applications import queries as applying
from applications.domain import application as applications
from applications.domain import evaluations, phases, references, timed
from applications.domain import streams as stream_acts
from applications.models import EvaluationAssignment, StreamApplication
from applications.queries.task_windows import writing_time
from applications.queries.timed import last_start
from applications.states import AnswerScope, ApplicationState, TrackState
from core import clock
from mats_portal.demo.cohort import Fate
from mats_portal.demo.referees import broken_references, open_references
from mats_portal.demo.story.teller import DAY, HOUR, MINUTE, Applicant, Teller
from mats_portal.demo.texts.writer import Writer


class SecondStage(Teller):
    """From the release of the screen to the close of stage 2."""

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
                    self._do_timed(
                        applicant, task, min(moment, last_start(task, writing_time(task, self.dates))), until
                    )
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
