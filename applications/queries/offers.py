"""What a person has already written to a question of the same meaning, offered beside the empty field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

from applications.models import Answer, Application, StreamApplication
from applications.queries.carrying import belongs_to_its_cycle, fit, meaning_of
from applications.queries.faults import is_answered
from applications.queries.sheets import Asked, Place
from applications.queries.values import display
from applications.states import AnswerScope
from questions.states import TICKED, QuestionKind
from streams.models import Track


@dataclass(frozen=True)
class ReuseOffer:
    """One earlier answer beside an empty field."""

    source: Answer
    where: str
    text: str
    changes: tuple[str, ...]

    @property
    def title(self) -> str:
        """Where the words come from, as the mark says it afterwards."""
        return f"your answers for {self.where}"

    @property
    def key(self) -> str:
        """What the button posts: the answer, and the version whose text the page shows."""
        return f"{self.source.pk}:{self.source.version}"


def reuse_offers(application: Application, place: Place, items: Sequence[Asked]) -> dict[int, ReuseOffer]:
    """Return an offer for each empty field (by primary key of its item), in one query; the newest cycle's first."""
    empty = [one for one in items if not one.is_answered and one.question.kind not in NOT_OFFERED]
    if not empty:
        return {}
    wanted = {meaning_of(one.question) for one in empty}
    stream = StreamApplication.objects.filter(public_id=OuterRef("scope_key")).values("stream__title")
    track = Track.objects.filter(public_id=OuterRef("scope_key")).values("name")
    rows = (
        Answer.objects.filter(application__person=application.person_id)
        .exclude(scope=AnswerScope.EVALUATION)
        .exclude(application=application, scope=place.scope, scope_key=place.scope_key)
        .filter(application__cycle__programme_starts_on__lte=application.cycle.programme_starts_on)
        .select_related("question", "application__cycle")
        .annotate(stream_title=Subquery(stream), track_name=Subquery(track))
        .order_by("-application__cycle__programme_starts_on", "-saved_at", "-pk")
    )
    given: dict[str, list[Answer]] = {}
    for answer in rows:
        if meaning_of(answer.question) in wanted and is_answered(answer.question, answer.value):
            given.setdefault(meaning_of(answer.question), []).append(answer)
    return {one.item.pk: offer for one in empty if (offer := _offer(application, one, given))}


#: Kinds that are never offered: statements are made anew, and a file is sent where it is asked for.
NOT_OFFERED = TICKED | {QuestionKind.FILE}


def _offer(application: Application, asked: Asked, given: dict[str, list[Answer]]) -> ReuseOffer | None:
    for answer in given.get(meaning_of(asked.question), []):
        is_other_cycle = answer.application_id != application.pk
        if is_other_cycle and belongs_to_its_cycle(asked.question, answer.question):
            continue
        found = fit(asked.item, answer.question, answer.value)
        if not found.reason:
            where = _where(answer, answer.application.cycle.name if is_other_cycle else "")
            return ReuseOffer(answer, where, display(asked.question, found.value), found.changes)
    return None


def _where(answer: Any, cycle: str) -> str:
    form = answer.stream_title or answer.track_name or "the general application"
    return f"{form} in {cycle}" if cycle else form
