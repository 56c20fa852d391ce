"""The first chapter: people sign up, write their general application and hand it in, or do not."""

from datetime import datetime

from applications import queries as applying
from applications.domain import application as applications
from applications.domain import phases
from applications.models import Application
from applications.states import AnswerScope
from core import clock
from mats_portal.demo.cohort import SUBMITS, Fate, Plan
from mats_portal.demo.people import invent_person
from mats_portal.demo.story.teller import DAY, HOUR, MINUTE, Applicant, Teller


class Applying(Teller):
    """From the opening of the general application to its close."""

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


def clock_of(application: Application) -> datetime:
    """Return when the application was last handed in."""
    return application.submitted_at or application.created_at
