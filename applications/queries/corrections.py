"""Corrections of answers that were handed in: which can be asked for, and what stands beside an answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from applications.models import AnswerCorrection, AnswerSnapshot, Application
from applications.states import AnswerScope
from questions.states import DataClass

#: Read by name by nobody, or by few: no reader's page has a place for them.
NOT_READ_BY_NAME = frozenset({DataClass.DEMOGRAPHIC, DataClass.SPECIAL})


@dataclass(frozen=True)
class Corrected:
    """What should stand in an answer, and since when it is accepted."""

    text: str
    at: datetime

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text as readers get texts."""
        return tuple(part.strip() for part in self.text.replace("\r\n", "\n").split("\n\n") if part.strip())


def with_corrections(snapshots: QuerySet[AnswerSnapshot]) -> QuerySet[Any]:
    """Mark the snapshots beside which something stands (``is_corrected``)."""
    return snapshots.annotate(is_corrected=Exists(AnswerCorrection.objects.filter(snapshot=OuterRef("pk"))))


def corrections_beside(
    snapshots: Iterable[Any], codes: Iterable[str] | None = None
) -> dict[tuple[int, str], Corrected]:
    """Return what was last accepted for each answer of snapshots (from ``with_corrections``), by their key and code.

    Only for the questions of ``codes``, where these are given: what a reader must not have is not read. Asks the
    database only where there is something.
    """
    marked = [snapshot.pk for snapshot in snapshots if snapshot.is_corrected]
    if not marked:
        return {}
    rows = AnswerCorrection.objects.filter(snapshot__in=marked)
    if codes is not None:
        rows = rows.filter(question_code__in=list(codes))
    return {
        (row.snapshot_id, row.question_code): Corrected(row.text, row.accepted_at)
        for row in rows.order_by("accepted_at", "pk")
    }


@dataclass(frozen=True)
class HandedInAnswer:
    """One answer as it was last handed in. ``key`` names it in a form: a snapshot and a question code."""

    key: str
    form: str
    question: str
    text: str


def newest_snapshots(application: Application) -> list[AnswerSnapshot]:
    """Return the newest snapshot of each form, the general application first."""
    rows = application.snapshots.order_by("scope", "scope_key", "-submitted_at", "-pk").distinct("scope", "scope_key")
    order = list(AnswerScope)
    return sorted(rows, key=lambda row: (order.index(AnswerScope(row.scope)), row.pk))


def answers_handed_in(application: Application) -> list[HandedInAnswer]:
    """Return the answers about which a correction can be asked for: those that somebody reads."""
    return [
        HandedInAnswer(
            key=f"{snapshot.public_id}.{item['code']}",
            form=str(section.get("title") or snapshot.get_scope_display()),
            question=item["question"],
            text=str(item.get("display") or ""),
        )
        for snapshot in newest_snapshots(application)
        for section in snapshot.content
        for item in section["items"]
        if item.get("data_class", DataClass.NONE) not in NOT_READ_BY_NAME
    ]


def answer_called(application: Application | None, key: str) -> HandedInAnswer | None:
    """Return the answer that a form named, if it is one of this application's."""
    if application is None or not key:
        return None
    return next((one for one in answers_handed_in(application) if one.key == key), None)


def item_of(snapshot: AnswerSnapshot, code: str) -> dict[str, Any] | None:
    """Return one answer of a snapshot as it was stored."""
    return next((item for section in snapshot.content for item in section["items"] if item["code"] == code), None)
