"""What every chapter of the story uses: who is in it, the calendar, and the filling in of forms."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile

from accounts.models import User
from applications import queries as applying
from applications.domain.answers import save_answer
from applications.domain.documents import store_document
from applications.models import Application
from applications.queries.sheets import condition_holds
from matching.models import MatchRun
from mats_portal.demo.answers import Answers
from mats_portal.demo.cohort import Plan
from mats_portal.demo.files import pdf
from mats_portal.demo.people import Team
from mats_portal.demo.referees import Referees
from mats_portal.demo.texts.writer import Writer
from questions.models import FormItem
from questions.states import FormState, QuestionKind
from streams.models import Cycle, Stream, Track
from streams.states import StreamState

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: Share of the people who send a file where a question takes one: each is looked into by a process of its own.
WITH_A_FILE = 0.1


@dataclass
class Applicant:
    """One invented person in the cycle."""

    plan: Plan
    person: User
    application: Application


@dataclass
class Teller:
    """One cycle, the people in it and how far it has been told."""

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
