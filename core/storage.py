"""Private documents in a bucket: no address of theirs is ever given out, only checked views read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from core.refusals import Refused

AWAY = "The store of documents cannot be reached at the moment. Nothing is lost: try again in a few minutes."
#: What is larger is kept in a temporary file while it is handed on, not in memory.
IN_MEMORY_BYTES = 1024 * 1024
CONNECT_SECONDS, READ_SECONDS, TRIES = 5, 20, 3


class StoreIsAway(Refused, OSError):
    """The service did not answer, or refused our key: whoever waits may try again, and is told so."""


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreIsAway(AWAY) from error


class PrivateBucketStorage(S3Storage):
    """A bucket in which every object is private, under a name that the portal made, and never written over."""

    def get_default_settings(self) -> dict[str, Any]:
        """Return what holds for every bucket; place and keys come from the settings."""
        return super().get_default_settings() | {
            # No access list is sent: without one an object is its owner's alone, and buckets without lists take it.
            "default_acl": None,
            "file_overwrite": False,
            "gzip": False,
            # Should a bucket be opened by mistake, a browser still neither shows nor keeps what it gets.
            "object_parameters": {"CacheControl": "private, no-store", "ContentDisposition": "attachment"},
            "max_memory_size": IN_MEMORY_BYTES,
            # In the request's own thread: a server for many people gains nothing from ten more for each of them.
            "transfer_config": TransferConfig(use_threads=False),
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": TRIES, "mode": "standard"},
                # Not every service that speaks S3 knows the checksums which newer clients add unasked.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        }

    def url(self, name: str, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: a signed address would open a document to whoever holds it, without a check and a record."""
        raise NotImplementedError("Documents have no address of their own; a view that checks hands them out.")

    def _open(self, name: str, mode: str = "rb") -> File:
        with _answered():
            file = super()._open(name, mode)
            if "r" in mode:
                file.open()  # fetched now: an answer that has begun cannot say any more that the store is away
            return file

    def _save(self, name: str, content: Any) -> str:
        with _answered():
            return super()._save(name, content)

    def delete(self, name: str) -> None:
        """Delete an object; one that is not there is no mistake."""
        with _answered():
            super().delete(name)

    def exists(self, name: str) -> bool:
        """Say whether there is an object of that name."""
        with _answered():
            return super().exists(name)

    def size(self, name: str) -> int:
        """Return the number of bytes."""
        with _answered():
            return super().size(name)
