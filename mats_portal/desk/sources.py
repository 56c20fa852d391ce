"""What each criterion of a rubric rests on: the answers that its readers get, with one form version put in place."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from questions.models import FormItem, FormVersion
from questions.queries import published
from reviews.models import Rubric
from reviews.queries.rubrics import latest_rubrics
from reviews.states import RubricKind


@dataclass(frozen=True)
class Source:
    """One criterion and the questions, asked and readable, on whose answers it rests."""

    rubric: str
    criterion: str
    questions: tuple[str, ...]

    @property
    def finding(self) -> str:
        """Say that it rests on nothing; "" if it rests on something."""
        if self.questions:
            return ""
        return f"“{self.criterion}” of the rubric “{self.rubric}” would rest on no answer that its readers get"


def sources_with(version: FormVersion) -> list[Source]:
    """Return the criteria of every rubric in force whose readers read this form, as they would be with ``version``."""
    by_track, by_definition = latest_rubrics()
    rubrics = (
        Rubric.objects.filter(pk__in=[*by_track.values(), *by_definition.values()])
        .filter(
            Q(track__form=version.form_id)
            | Q(track__cycle__general_form=version.form_id)
            | Q(definition__form=version.form_id)
        )
        .select_related("track__cycle", "definition")
        .prefetch_related("criteria", "definition__tracks")
        .order_by("kind", "title", "pk")
    )
    items = list(version.items.select_related("question"))
    return [source for rubric in rubrics for source in _sources(rubric, version.form_id, items)]


def _sources(rubric: Rubric, form_id: int, items: Iterable[FormItem]) -> list[Source]:
    if rubric.kind == RubricKind.CENTRAL:
        forms, hidden = {rubric.track.cycle.general_form_id, rubric.track.form_id}, set(rubric.track.blind_fields)
    else:
        forms = {rubric.definition.form_id}
        hidden = {name for track in rubric.definition.tracks.all() for name in track.blind_fields}
    asked = list(items)
    for other in published(form for form in forms if form and form != form_id).values():
        asked += other.items
    readable = {item.question.code for item in asked if item.question.data_class not in hidden}
    return [
        Source(rubric.title, criterion.name, tuple(code for code in criterion.question_codes if code in readable))
        for criterion in rubric.criteria.all()
    ]
