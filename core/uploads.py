"""A file that is too large is counted and thrown away while it arrives: it fills neither memory nor disk."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class LimitedUploadHandler(FileUploadHandler):
    """Stands before the handlers that keep files, and lets no more through than ``UPLOAD_MAX_BYTES`` a file.

    What a view gets of a larger one has its name and its true size, and no content.
    """

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803 -- Django's name
        """Refuse a request that announces more than all its files together may hold, before reading it."""
        most = settings.UPLOAD_MAX_BYTES * settings.DATA_UPLOAD_MAX_NUMBER_FILES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if content_length > most:
            raise RequestDataTooBig("This request is larger than anything the portal takes.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass a piece on as long as the file is within its limit."""
        return raw_data if start + len(raw_data) <= settings.UPLOAD_MAX_BYTES else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Answer for a file that was too large; leave the others to the handlers behind."""
        if file_size <= settings.UPLOAD_MAX_BYTES:
            return None
        return UploadedFile(ContentFile(b""), self.file_name, self.content_type, file_size, self.charset)
