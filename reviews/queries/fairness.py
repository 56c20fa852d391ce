"""How often groups of people go on in a batch: sums for staff, a reason to look again, never a verdict.

Four-fifths ratio: each group's rate beside that of the group which goes on most often (US Uniform Guidelines on
Employee Selection Procedures, 1978, section 4D).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from applications.models import Answer
from applications.states import AnswerScope, TrackState
from questions.states import DataClass, QuestionKind
from reviews.models import DecisionBatch
from reviews.states import Outcome

#: Smaller groups are not shown: a rate of few people says little, and would tell of single ones.
SMALLEST_GROUP = 10
FOUR_FIFTHS = 0.8
#: Ratios are shown in steps, so that taking one person out of a batch does not tell which group they are of.
STEP = 0.05
GROUPED = (DataClass.DEMOGRAPHIC, DataClass.INSTITUTION)


@dataclass(frozen=True)
class GroupRatio:
    """One group of one question: how often it goes on beside the group that goes on most often."""

    question: str
    group: str
    n: int
    ratio: float
    is_low: bool

    @property
    def text(self) -> str:
        """What the check says."""
        return (
            f"{self.question} “{self.group}” ({self.n} people): goes on about {self.ratio:.2f} times as often as the "
            "group that goes on most often. Below 0.8 this is a reason to look again at the rule and the readings, "
            "no finding about anybody, and with groups of this size it may be chance."
        )


def pass_ratios(batch: DecisionBatch) -> list[GroupRatio]:
    """Return the ratios of every group of at least ten, by question; who is held or has withdrawn is not counted."""
    decided = batch.decisions.exclude(track_application__internal_state=TrackState.WITHDRAWN)
    goes_on = {
        application: outcome == Outcome.ADVANCE
        for application, outcome in decided.filter(outcome__in=[Outcome.ADVANCE, Outcome.NOT_ADVANCE]).values_list(
            "track_application__application_id", "outcome"
        )
    }
    if len(goes_on) < 2 * SMALLEST_GROUP:
        return []
    answers = (
        Answer.objects.filter(
            application__in=decided.values("track_application__application"),
            scope=AnswerScope.GENERAL,
            question__kind=QuestionKind.CHOICE,
            question__data_class__in=GROUPED,
        )
        .order_by("question__code")
        .values_list("question__canonical_meaning", "question__choices", "application_id", "value")
    )
    groups: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for meaning, choices, application, value in answers:
        labels = {choice["value"]: choice["label"] for choice in choices}
        if application in goes_on and isinstance(value, str) and value in labels:
            groups[meaning][labels[value]].append(goes_on[application])
    return [ratio for question, by_group in groups.items() for ratio in _ratios(question, by_group.items())]


def _ratios(question: str, groups: Iterable[tuple[str, list[bool]]]) -> list[GroupRatio]:
    """Return the ratios of one question; nothing where fewer than two groups are large enough to compare."""
    large = {group: went_on for group, went_on in groups if len(went_on) >= SMALLEST_GROUP}
    rates = {group: sum(went_on) / len(went_on) for group, went_on in large.items()}
    best = max(rates.values(), default=0.0)
    if len(rates) < 2 or not best:
        return []
    return [
        GroupRatio(
            question,
            group,
            len(large[group]),
            round(round(rate / best / STEP) * STEP, 2),
            rate / best < FOUR_FIFTHS,
        )
        for group, rate in sorted(rates.items())
    ]
