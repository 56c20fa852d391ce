"""Keep, word for word, what was handed in."""

import hashlib
import json
from typing import Any

from applications.models import AnswerSnapshot, Application
from questions.states import AREAS, QuestionKind

#: The chosen areas of a stream stand in its snapshot under this code.
AREAS_CODE = AREAS


def take_snapshot(
    *, application: Application, scope: str, scope_key: str, content: list[dict[str, Any]], submitted_at: Any
) -> AnswerSnapshot:
    """Store ``content`` with its checksum. Call in the transaction that hands it in."""
    _mark_files(application, content, submitted_at)
    return AnswerSnapshot.objects.create(
        application=application,
        scope=scope,
        scope_key=scope_key,
        content=content,
        sha256=checksum(content),
        submitted_at=submitted_at,
    )


def file_ids(content: list[dict[str, Any]]) -> set[str]:
    """Return the public ids of the files that a snapshot names."""
    return {
        item["value"]["id"]
        for section in content
        for item in section["items"]
        if item["kind"] == QuestionKind.FILE and item["value"]
    }


def _mark_files(application: Application, content: list[dict[str, Any]], submitted_at: Any) -> None:
    """From now on these files belong to what was handed in: replacing them no longer deletes them."""
    if named := file_ids(content):
        application.documents.filter(public_id__in=named, handed_in_at=None).update(handed_in_at=submitted_at)


def checksum(content: list[dict[str, Any]]) -> str:
    """Return the SHA-256 of a snapshot's content in one canonical spelling."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def item_value(snapshot: AnswerSnapshot | None, code: str) -> Any:
    """Return the value handed in under ``code``, or ``None``."""
    if snapshot is None:
        return None
    for section in snapshot.content:
        for item in section["items"]:
            if item["code"] == code:
                return item["value"]
    return None
