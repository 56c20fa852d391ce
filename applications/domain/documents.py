"""Keep, replace, correct and remove the files of an application."""

import hashlib
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction

from applications.domain.answers import check_belongs, check_may_write, save_answer
from applications.domain.values import NoAnswer, tidy_text
from applications.engine.bounded import Finding, inspect
from applications.models import Answer, Application, CaseStatement, Document
from applications.models.document import FOLDER
from applications.models.integrity import FOLDER as STATEMENTS
from applications.queries.snapshots import stored_answer
from applications.states import DocumentType
from core import audit, clock
from core.refusals import Refused
from core.transitions import locked
from questions.models import FormItem

MAX_BYTES = 10 * 1024 * 1024
TOO_LARGE = "This file is larger than 10 MB. Save it smaller, or leave pictures out."
#: Endings of names, and what the content has to be.
ENDINGS = {"pdf": DocumentType.PDF, "docx": DocumentType.DOCX, "txt": DocumentType.TEXT, "md": DocumentType.TEXT}
NOT_TAKEN = "Send a PDF, a DOCX or a plain text file (.txt)."
#: Files of one application, the replaced ones that were handed in included.
MAX_FILES = 60
#: An upload whose transaction never ended leaves bytes without a row; younger ones may still get theirs.
LOST_AFTER = timedelta(days=1)


def store_document(
    *, application: Application, item: FormItem, scope: str, scope_key: str, upload: File, by: Any
) -> Answer:
    """Keep ``upload`` as the answer to a question for a file, in the place of the one before.

    Choosing the same file twice changes nothing. Raises ``NoAnswer`` for a file that is not taken, with the reason,
    and ``Refused`` while the form is closed. Looking into the file stands outside the transaction: it takes seconds.
    """
    check_may_write(application, scope, scope_key)
    name = tidy_name(upload.name or "")
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in ENDINGS:
        raise NoAnswer(NOT_TAKEN)
    if upload.size > MAX_BYTES:
        raise NoAnswer(TOO_LARGE)
    content = upload.read()
    sha256 = hashlib.sha256(content).hexdigest()
    if (same := _same(application, item, scope, scope_key, sha256)) is not None:
        return same
    finding = inspect(content, ENDINGS[ending])
    if finding.reason:
        raise NoAnswer(finding.reason)
    return _keep(application, item, scope, scope_key, name=name, content=content, sha256=sha256, finding=finding, by=by)


def tidy_name(name: str) -> str:
    """Return a file's name as it is shown: its last part, without characters that turn or hide others."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(one for one in last if unicodedata.category(one)[0] != "C").strip()
    stem, dot, ending = shown.rpartition(".")
    return f"{stem[: 90 - len(ending)]}{dot}{ending}" if len(shown) > 90 and len(ending) < 10 else shown[:100]


def _same(application: Application, item: FormItem, scope: str, scope_key: str, sha256: str) -> Answer | None:
    stored = stored_answer(application, scope, scope_key, item.question_id)
    return stored if stored and stored.value and stored.value["sha256"] == sha256 else None


@transaction.atomic
def _keep(
    application: Application,
    item: FormItem,
    scope: str,
    scope_key: str,
    *,
    name: str,
    content: bytes,
    sha256: str,
    finding: Finding,
    by: Any,
) -> Answer:
    application = locked(application, "cycle")
    check_may_write(application, scope, scope_key)
    check_belongs(application, item, scope, scope_key)
    if application.documents.count() >= MAX_FILES:
        raise Refused(f"An application holds at most {MAX_FILES} files, earlier versions included.")
    _drop_present(application, item, scope, scope_key)
    document = Document.objects.create(
        application=application,
        question=item.question,
        scope=scope,
        scope_key=scope_key,
        name=name,
        type=finding.type,
        size=len(content),
        sha256=sha256,
        pages=finding.pages,
        text=finding.text,
    )
    # The bytes before the end of the transaction: a row never promises a file that is not there.
    default_storage.save(document.storage_name, ContentFile(content))
    audit.record("upload", document, by=by, type=document.type, size=document.size)
    return _answer(application, item, scope, scope_key, _value(document), by=by)


def copy_document(
    *, document: Document, application: Application, item: FormItem, scope: str, scope_key: str, by: Any
) -> dict[str, Any] | None:
    """Keep a file of an earlier application in this one as well. Returns the answer's value; ``None`` if it is gone.

    A copy, so that deleting one of the two applications' files leaves the other whole. Call under the lock.
    """
    if not default_storage.exists(document.storage_name) or application.documents.count() >= MAX_FILES:
        return None
    with default_storage.open(document.storage_name) as file:
        content = file.read()
    copy = Document.objects.create(
        application=application,
        question=item.question,
        scope=scope,
        scope_key=scope_key,
        name=document.name,
        type=document.type,
        size=document.size,
        sha256=document.sha256,
        pages=document.pages,
        text=document.text,
        corrected_text=document.corrected_text,
        # As old as it was: copying a file makes it no newer.
        uploaded_at=document.uploaded_at,
    )
    default_storage.save(copy.storage_name, ContentFile(content))
    audit.record("copy", copy, by=by, type=copy.type, size=copy.size)
    return _value(copy)


def _value(document: Document) -> dict[str, Any]:
    return {
        "id": document.public_id,
        "name": document.name,
        "type": str(document.type),
        "bytes": document.size,
        "sha256": document.sha256,
    }


def _answer(application: Application, item: FormItem, scope: str, scope_key: str, value: Any, *, by: Any) -> Answer:
    # Choosing a file is one act, not a text that grows in two tabs: the newest choice counts.
    present = stored_answer(application, scope, scope_key, item.question_id)
    return save_answer(
        application=application,
        item=item,
        scope=scope,
        scope_key=scope_key,
        value=value,
        version=present.version if present else 0,
        by=by,
    )


@transaction.atomic
def remove_document(*, application: Application, item: FormItem, scope: str, scope_key: str, by: Any) -> Answer | None:
    """Take the file of one question away; asking twice is one removal. Raises ``Refused`` while the form is closed."""
    application = locked(application, "cycle")
    check_may_write(application, scope, scope_key)
    if stored_answer(application, scope, scope_key, item.question_id) is None:
        return None
    answer = _answer(application, item, scope, scope_key, None, by=by)
    _drop_present(application, item, scope, scope_key)
    return answer


def _drop_present(application: Application, item: FormItem, scope: str, scope_key: str) -> None:
    """Delete the file of one question, unless it was handed in: then readers may have read it, and it stays."""
    present = application.documents.filter(question=item.question_id, scope=scope, scope_key=scope_key, removed_at=None)
    for document in present:
        if document.handed_in_at:
            document.removed_at = clock.now()
            document.save(update_fields=["removed_at"])
        else:
            _forget(document)


def _forget(document: Document) -> None:
    name = document.storage_name
    document.delete()
    transaction.on_commit(_deletion(name), robust=True)


def _deletion(name: str) -> Callable[[], None]:
    return lambda: default_storage.delete(name)


@transaction.atomic
def correct_text(*, document: Document, text: str, by: Any) -> Document:
    """Put the sender's words in the place of what was read out of a file by machine.

    Raises ``Refused`` once the form that the file belongs to may no longer be changed.
    """
    locked(document.application)
    document = locked(document, "application__cycle")
    check_may_write(document.application, document.scope, document.scope_key)
    tidy = tidy_text(text).strip()
    document.corrected_text = None if tidy == document.text else tidy
    document.save(update_fields=["corrected_text"])
    audit.record("correct_text", document, by=by)
    return document


@transaction.atomic
def take_correction(*, document: Document, text: str, by: Any) -> Document:
    """Put the sender's words in the place of the machine's after the form has closed, as staff accepted them."""
    locked(document.application)
    document = locked(document)
    tidy = tidy_text(text).strip()
    document.corrected_text = None if tidy == document.text else tidy
    document.save(update_fields=["corrected_text"])
    audit.record("accept_text", document, by=by)
    return document


@transaction.atomic
def remove_files_of(*, person: Any, by: Any) -> int:
    """Delete every file of a person, row and bytes, whatever was handed in. Returns how many; twice is once."""
    documents = list(Document.objects.filter(application__person=person))
    for document in documents:
        _forget(document)
    return len(documents)


def forget_lost_files() -> int:
    """Delete bytes that no row names: what a transaction left that never ended. Returns how many."""
    return sum(_forget_lost(folder, model) for folder, model in ((FOLDER, Document), (STATEMENTS, CaseStatement)))


def _forget_lost(folder: str, model: type[Document] | type[CaseStatement]) -> int:
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    stored = [f"{folder}/{name}" for name in names]
    known = set(model._base_manager.filter(storage_name__in=stored).values_list("storage_name", flat=True))
    # By the clock of the machine, which also dated the files: the portal's own may have been moved.
    newest = datetime.fromtimestamp(time.time(), UTC) - LOST_AFTER
    lost = [name for name in stored if name not in known and default_storage.get_modified_time(name) < newest]
    for name in lost:
        default_storage.delete(name)
    return len(lost)
