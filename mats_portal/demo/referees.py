"""The invented referees: who names whom, and what becomes of each letter by a given instant."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from applications.domain import letters, references
from applications.models import Application, Reference
from applications.queries.letters import BY_CODE
from applications.states import WAITS_FOR_REFEREE, ReferenceState
from core import clock
from mats_portal.demo.names import invented_name
from mats_portal.demo.people import address

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Shares of applicants who name one and two referees.
NAMES_ONE, NAMES_TWO = 0.35, 0.3
#: What referees do once they are asked; the rest says nothing.
SENDS, STARTS, DECLINES, BOUNCES = 0.55, 0.1, 0.1, 0.08
RELATIONS = ("supervised my thesis", "led the project I worked on", "taught two of my courses", "my manager for a year")
SAW = (
    "They rebuilt our evaluation so that anybody can run it in one evening, and wrote down what it cannot show.",
    "They found that a result of ours did not hold with a second seed, told everybody the same day, and repaired it.",
    "They organised a reading group of twelve people for a year and kept notes that others still use.",
    "They carried a small study from the first question to a report that our partner acted on.",
)
STRENGTH = (
    "They notice when a question is not well put, and put it better. I saw it in three projects.",
    "Finishing. Of six students of that year, theirs was the only code that still runs.",
    "They write so plainly that people outside the field correct them, which they enjoy.",
    "They change their mind in public when the evidence asks for it.",
)
SUPPORT = (
    "They begin too many things. A mentor who asks each week what was dropped would help.",
    "They are slow to ask for help; regular short meetings work best.",
    "They know little statistics and learn it fast when shown where it matters.",
    "They underestimate how long writing takes.",
)
REASONS = ("I know them too little to help them.", "I am on leave until autumn.", "")


class Referees:
    """A pool of people who are asked for letters; some by several applicants."""

    def __init__(self, seed: int, n: int) -> None:
        # A generator of its own: the story of everybody else stays the same story.
        self.rng = random.Random(seed * 1000 + 7)
        drawn = [invented_name(self.rng) for _ in range(max(4, n // 2))]
        self.pool = [(name, address(name, "referees")) for name in dict.fromkeys(drawn)]

    def named_by(self, application: Application) -> None:
        """Let an applicant name nobody, one referee or two."""
        draw = self.rng.random()
        n = 1 if draw < NAMES_ONE else 2 if draw < NAMES_ONE + NAMES_TWO else 0
        for name, email in self.rng.sample(self.pool, n):
            references.list_referee(
                application=application,
                name=name,
                email=email,
                relation=self.rng.choice(RELATIONS),
                access_waived=self.rng.random() < 0.7,
                by=application.person,
            )

    def replace_one(self, application: Application, reference: Reference) -> None:
        """Name somebody else where a mail came back or somebody said no."""
        known = set(application.references.values_list("referee__email", flat=True))
        name, email = next(one for one in self.pool if one[1] not in known)
        references.list_referee(
            application=application,
            name=name,
            email=email,
            access_waived=True,
            replaces=reference,
            by=application.person,
        )

    def answer(self, reference: Reference, closes: datetime, until: datetime) -> None:
        """Do what this referee does between being asked and ``until``."""
        draw = self.rng.random()
        asked = reference.requested_at or clock.now()
        moment = asked + (closes - HOUR - asked) * self.rng.uniform(0.05, 0.95)
        act = self._act(draw)
        if act is not None and moment <= until and reference.state in WAITS_FOR_REFEREE:
            with clock.at(moment):
                act(reference)

    def _act(self, draw: float) -> Callable[[Reference], None] | None:
        ends = 0.0
        for share, act in (
            (SENDS, self._send),
            (STARTS, self._start),
            (DECLINES, self._decline),
            (BOUNCES, self._bounce),
        ):
            ends += share
            if draw < ends:
                return act
        return None

    def _start(self, reference: Reference) -> None:
        letters.start_letter(reference=reference)
        self._type(reference, "saw", self.rng.choice(SAW))

    def _send(self, reference: Reference) -> None:
        self._start(reference)
        for code, value in {
            "known_as": self.rng.choice(("supervised", "taught", "worked")),
            "strength": self.rng.choice(STRENGTH),
            "support": self.rng.choice(SUPPORT),
            "compare_research": self.rng.choice(("1", "2", "2", "3", "0")),
        }.items():
            self._type(reference, code, value)
        letters.submit_letter(reference=reference)

    def _type(self, reference: Reference, code: str, value: str) -> None:
        letters.save_letter_answer(reference=reference, question=BY_CODE[code], value=value, version=0)

    def _decline(self, reference: Reference) -> None:
        letters.decline_reference(reference=reference, reason=self.rng.choice(REASONS))

    def _bounce(self, reference: Reference) -> None:
        references.bounce_reference(reference=reference, by=None)


def broken_references() -> list[Reference]:
    """Return the references that their applicants have to look after."""
    rows = Reference.objects.filter(state__in=[ReferenceState.BOUNCED, ReferenceState.DECLINED])
    return list(rows.select_related("application__cycle", "application__person", "referee").order_by("pk"))


def open_references() -> list[Reference]:
    """Return who was asked and has not answered, in the order in which they were asked."""
    rows = Reference.objects.filter(state__in=[ReferenceState.REQUESTED, ReferenceState.STARTED])
    return list(rows.select_related("application__cycle", "referee").order_by("pk"))
