"""What may be wrong after a restore: files beside their rows, and people who were deleted since."""

import hashlib
from collections.abc import Iterable, Iterator

from django.core.files.storage import default_storage

from accounts.models import User
from applications.models import Document
from applications.models.document import FOLDER
from core.refusals import Refused
from mats_portal.desk.models import DeletionState
from mats_portal.desk.privacy.deleting import request_deletion


def file_problems() -> Iterator[str]:
    """Yield each document whose file is missing or another one, and each file that belongs to no document."""
    known = set()
    for public_id, name, sha256 in Document.objects.values_list("public_id", "storage_name", "sha256").iterator():
        known.add(name)
        try:
            with default_storage.open(name) as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            yield f"the file of document {public_id} is missing"
            continue
        if found != sha256:
            yield f"the file of document {public_id} is another one"
    for name in _stored() - known:
        yield f"{name} belongs to no document"


def _stored() -> set[str]:
    try:
        _, files = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return set()
    return {f"{FOLDER}/{name}" for name in files}


def delete_again(public_ids: Iterable[str]) -> Iterator[str]:
    """Ask anew for the deletion of people whom the restore brought back; yields why one cannot be deleted.

    There is no waiting time: it was waited for once. Whoever is already deleted here stays so.
    """
    for public_id in public_ids:
        person = User.objects.filter(public_id=public_id).first()
        if person is None:
            yield f"there is nobody called {public_id}"
            continue
        if person.deletion_requests.filter(state=DeletionState.DONE).exists():
            continue
        try:
            request_deletion(person=person, by=None, at_once=True)
        except Refused as refused:
            yield f"{public_id} cannot be deleted yet: {refused}"
