"""Practice: what there is for a reviewer to practise on, and where they differ from the reference."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import Count, QuerySet

from accounts.states import Role
from core.editions import kept
from questions.models import Question
from reviews.engine.practice import difference, words
from reviews.models import Criterion, PracticeItem, PracticeRound, PracticeScore
from reviews.queries.access import tracks_by_key, tracks_of, tracks_read_by
from reviews.queries.evidence import ReadItem, ReadSection
from reviews.queries.rubrics import CriterionRow, criteria_of_everybody, criterion_rows, latest_rubrics
from streams.models import Track

#: What one invented text takes on average; a real one takes longer.
MINUTES = 7
CANNOT_TELL = "cannot tell"


@kept
def practice_sets() -> Mapping[int, int]:
    """Return how many practice items each rubric has (primary keys); rubrics without any are absent."""
    counted = PracticeItem.objects.order_by().values("rubric_id").annotate(n=Count("pk"))
    return MappingProxyType({row["rubric_id"]: row["n"] for row in counted})


def tracks_to_practise(user: Any) -> QuerySet[Track]:
    """Return the tracks that ``user`` reads for and whose rubric in force has a practice set."""
    sets, by_track = practice_sets(), latest_rubrics()[0]
    return tracks_of(user, Role.REVIEWER).filter(pk__in=[pk for pk, rubric in by_track.items() if rubric in sets])


def practice_items_visible_to(user: Any) -> QuerySet[PracticeItem]:
    """Return the items of those sets."""
    by_track = latest_rubrics()[0]
    tracks = tracks_to_practise(user).values_list("pk", flat=True)
    return PracticeItem.objects.filter(rubric__in=[by_track[pk] for pk in tracks])


def items_of(rubric_id: int) -> QuerySet[PracticeItem]:
    """Return the practice items of a rubric in their order."""
    return PracticeItem.objects.filter(rubric=rubric_id)


def has_practised(user: Any, rubric_id: int) -> bool:
    """Say whether ``user`` finished the practice set of a rubric at least once."""
    return PracticeRound.objects.filter(reviewer_id=user.pk, rubric=rubric_id, finished_at__isnull=False).exists()


def practised(rubric_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Return who (a primary key) finished the practice set of which rubric: that, and nothing about their levels."""
    rounds = PracticeRound.objects.filter(rubric__in=list(rubric_ids), finished_at__isnull=False)
    return set(rounds.values_list("reviewer_id", "rubric_id"))


@dataclass(frozen=True)
class PracticeSet:
    """The practice set of one track, as far as the reviewer has come. ``scored`` counts the latest round."""

    track: str
    name: str
    n_items: int
    scored: int
    is_begun: bool
    done_at: datetime | None
    is_required: bool

    @property
    def minutes(self) -> int:
        """About how long the set takes."""
        return MINUTES * self.n_items

    @property
    def state(self) -> tuple[str, str]:
        """Kind and words of its chip."""
        if self.is_begun:
            return "wait", f"{self.scored} of {self.n_items} scored"
        return ("done", "Done") if self.done_at else ("move", "Not begun")


def practice_sets_of(user: Any) -> list[PracticeSet]:
    """Return the practice sets of the tracks that ``user`` reads for."""
    by_track, sizes = latest_rubrics()[0], practice_sets()
    if not sizes:
        return []
    every, held = tracks_by_key(), set(tracks_read_by(user))
    tracks = sorted(
        (every[pk] for pk, rubric in by_track.items() if pk in held and rubric in sizes),
        key=lambda track: (track.cycle_id, track.order),
    )
    rounds: dict[int, list[PracticeRound]] = {}
    for row in (
        PracticeRound.objects.filter(reviewer_id=user.pk, rubric__in=[by_track[track.pk] for track in tracks])
        .annotate(n_scored=Count("scores"))
        .order_by("number")
    ):
        rounds.setdefault(row.rubric_id, []).append(row)
    return [_set(track, sizes[by_track[track.pk]], rounds.get(by_track[track.pk], [])) for track in tracks]


def _set(track: Track, n_items: int, rounds: list[Any]) -> PracticeSet:
    latest = rounds[-1] if rounds else None
    return PracticeSet(
        track=track.public_id,
        name=track.name,
        n_items=n_items,
        scored=latest.n_scored if latest else 0,
        is_begun=latest is not None and latest.finished_at is None,
        done_at=max((row.finished_at for row in rounds if row.finished_at), default=None),
        is_required=track.cycle.practice_required,
    )


def sets_asked_first(sets: Iterable[PracticeSet], tracks_begun: Iterable[str]) -> list[PracticeSet]:
    """Return the sets to be done now: not finished, and required or of a track (names) in which nothing is read yet."""
    begun = set(tracks_begun)
    return [row for row in sets if not row.done_at and (row.is_required or row.name not in begun)]


@dataclass(frozen=True)
class ItemLine:
    """One item in the list of a set."""

    label: str
    url_id: str
    is_scored: bool


@dataclass(frozen=True)
class SetPage:
    """One set: its items in the latest round, and after a finished round where the reviewer differs."""

    track: str
    name: str
    minutes: int
    items: tuple[ItemLine, ...]
    is_begun: bool
    is_finished: bool
    n_rounds: int
    following: str
    differences: tuple[str, ...]


def set_page(user: Any, track: Track) -> SetPage:
    """Return the reviewer's page of a track's practice set."""
    rubric_id = latest_rubrics()[0][track.pk]
    items = list(items_of(rubric_id))
    latest = _latest_round(user, rubric_id)
    scores = _scores(latest)
    waiting = [item for item in items if item.pk not in scores]
    is_finished = latest is not None and latest.finished_at is not None
    return SetPage(
        track=track.public_id,
        name=track.name,
        minutes=MINUTES * len(items),
        items=tuple(
            ItemLine(_label(number, row, row.pk in scores), row.public_id, row.pk in scores)
            for number, row in enumerate(items, 1)
        ),
        is_begun=latest is not None and not is_finished,
        is_finished=is_finished,
        n_rounds=latest.number if latest else 0,
        following=waiting[0].public_id if latest and waiting and not is_finished else "",
        differences=tuple(_differences(criteria_of_everybody(rubric_id), items, scores)) if is_finished else (),
    )


def _label(number: int, item: PracticeItem, is_scored: bool) -> str:
    """Call an item by its number until it is scored: its title would give away what to think of it."""
    return f"Text {number}: {item.title}" if is_scored else f"Text {number}"


def _latest_round(user: Any, rubric_id: int) -> PracticeRound | None:
    return PracticeRound.objects.filter(reviewer_id=user.pk, rubric=rubric_id).order_by("-number").first()


def _scores(latest: PracticeRound | None) -> dict[int, dict[str, int | None]]:
    if latest is None:
        return {}
    return dict(PracticeScore.objects.filter(round=latest).values_list("item_id", "levels"))


def _differences(
    criteria: Iterable[Criterion], items: list[PracticeItem], scores: Mapping[int, Mapping[str, int | None]]
) -> Iterable[str]:
    for criterion in criteria:
        pairs = [
            (scores[item.pk].get(criterion.code), reference)
            for item in items
            if item.pk in scores
            for reference in [reference_of(item)[criterion.code][0]]
        ]
        yield words(criterion.name, difference(pairs), [int(level) for level in criterion.anchors])


def reference_of(item: PracticeItem) -> dict[str, tuple[int | None, str]]:
    """Return reference level and reason by criterion code; ``None`` is "cannot tell"."""
    return {score["criterion"]: (score["level"] or None, score["reason"]) for score in item.scores}


@dataclass(frozen=True)
class Compared:
    """One criterion after scoring: the reader's level beside the reference, and why the reference is so."""

    name: str
    own: str
    reference: str
    is_same: bool
    reason: str


@dataclass(frozen=True)
class PracticePage:
    """One practice item: to be scored, or scored and compared."""

    public_id: str
    track: str
    track_name: str
    title: str
    number: int
    n_items: int
    sections: tuple[ReadSection, ...]
    criteria: tuple[CriterionRow, ...]
    compared: tuple[Compared, ...]
    is_open: bool
    following: str


def practice_page(user: Any, item: PracticeItem) -> PracticePage:
    """Return an item as the reviewer gets it: the reference is there only once they have scored it themselves."""
    rubric = PracticeItem.objects.select_related("rubric__track").get(pk=item.pk).rubric
    criteria, items = criteria_of_everybody(item.rubric_id), list(items_of(item.rubric_id))
    latest = _latest_round(user, item.rubric_id)
    scores = _scores(latest)
    own, number = scores.get(item.pk), [row.pk for row in items].index(item.pk) + 1
    sections = _sections(item, criteria)
    waiting = [row.public_id for row in items if row.pk not in scores and row.pk != item.pk]
    return PracticePage(
        public_id=item.public_id,
        track=rubric.track.public_id,
        track_name=rubric.track.name,
        title=_label(number, item, own is not None),
        number=number,
        n_items=len(items),
        sections=sections,
        criteria=criterion_rows(criteria, sections, {}),
        compared=tuple(_compared(criteria, item, own)) if own is not None else (),
        is_open=latest is not None and latest.finished_at is None,
        following=waiting[0] if waiting else "",
    )


def _compared(criteria: Iterable[Criterion], item: PracticeItem, own: Mapping[str, int | None]) -> Iterable[Compared]:
    reference = reference_of(item)
    for criterion in criteria:
        given, (level, reason) = own.get(criterion.code), reference[criterion.code]
        yield Compared(
            name=criterion.name,
            own=CANNOT_TELL if given is None else str(given),
            reference=CANNOT_TELL if level is None else str(level),
            is_same=given == level,
            reason=reason,
        )


def _sections(item: PracticeItem, criteria: Iterable[Criterion]) -> tuple[ReadSection, ...]:
    codes = [answer["question"] for answer in item.answers]
    texts = dict(Question.objects.filter(code__in=codes).values_list("code", "text"))
    return (
        ReadSection(
            title="Answers",
            submitted_at=None,
            items=tuple(
                ReadItem(
                    number=number,
                    code=answer["question"],
                    question=texts.get(answer["question"], answer["question"]),
                    paragraphs=tuple(part for part in answer["text"].split("\n\n") if part.strip()),
                    links=(),
                    criteria=tuple(c.name for c in criteria if answer["question"] in c.question_codes),
                )
                for number, answer in enumerate(item.answers, 1)
            ),
        ),
    )
