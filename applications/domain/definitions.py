"""Write the definitions of evaluations. People are assigned a version; what a version asks never changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from applications.models import EvaluationDefinition
from applications.states import AskedWhen, EvaluationKind
from core import audit
from core.refusals import Refused
from questions.domain.rows import Change, Saved, save_row
from questions.models import Form
from streams.models import Cycle, Stream, Track


@dataclass(frozen=True)
class EvaluationText:
    """What one version of an evaluation asks, for how long, and which tools it allows."""

    title: str
    brief: str
    form: Form | None
    effort_minutes: int
    ai_policy: str
    about: str = ""
    kind: str = EvaluationKind.TASK
    time_limit_minutes: int | None = None
    part_policies: dict[str, str] = field(default_factory=dict)
    reuse_cycles: int = 0
    provider: str = ""
    streams_ask: str = AskedWhen.ADDED


@transaction.atomic
def save_evaluation_definition(
    *, cycle: Cycle, code: str, version: int, text: EvaluationText, tracks: Sequence[Track], by: Any
) -> Saved[EvaluationDefinition]:
    """Make this version of an evaluation exist and serve ``tracks``.

    Raises ``Refused`` if the version is stored with another text: that text needs a new version.
    """
    key = {"cycle": cycle, "code": code, "version": version}
    stored = EvaluationDefinition.objects.select_for_update(no_key=True).filter(**key).first()
    if stored and any(getattr(stored, name) != value for name, value in vars(text).items()):
        raise Refused(
            f"Version {version} of the evaluation “{code}” is stored with other content. "
            "Give the new content a new version number."
        )
    saved = save_row(EvaluationDefinition, key=key, content=vars(text), by=by)
    if set(saved.row.tracks.values_list("pk", flat=True)) != {track.pk for track in tracks}:
        saved.row.tracks.set(tracks)
        if saved.change is Change.UNCHANGED:
            audit.record("change", saved.row, by=by, fields=["tracks"])
            return Saved(saved.row, Change.CHANGED)
    return saved


@transaction.atomic
def set_streams(*, definition: EvaluationDefinition, streams: Sequence[Stream], by: Any) -> EvaluationDefinition:
    """Make ``streams`` the streams that ask for an evaluation."""
    if set(definition.streams.values_list("pk", flat=True)) != {stream.pk for stream in streams}:
        definition.streams.set(streams)
        audit.record("change", definition, by=by, fields=["streams"])
    return definition
