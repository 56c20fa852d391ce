"""Files that people hand in. The row says what a file is; the bytes lie in private storage under a server-made name."""

import secrets

from django.db import models
from django.db.models import Q

from applications.models.application import Application
from applications.states import AnswerScope, DocumentType
from core import clock, ids

FOLDER = "documents"


def storage_name() -> str:
    """Return a name that nobody can guess and that says nothing of whose file it is."""
    return f"{FOLDER}/{secrets.token_urlsafe(24)}"


class Document(models.Model):
    """One file as the answer to one question in one form; its bytes never change, another file is another row.

    ``name`` is what the sender called it, shown to them and to nobody who reads without names. ``text`` is what was
    read out of it by machine, ``corrected_text`` what its sender put in its place (``None``: nothing).
    """

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="documents")
    question = models.ForeignKey("questions.Question", on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(max_length=12, choices=AnswerScope.choices)
    scope_key = models.CharField(max_length=32, blank=True)

    storage_name = models.CharField(max_length=100, unique=True, default=storage_name, editable=False)
    name = models.CharField(max_length=100)
    type = models.CharField(max_length=5, choices=DocumentType.choices)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    pages = models.PositiveSmallIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    corrected_text = models.TextField(null=True, blank=True)

    uploaded_at = models.DateTimeField(default=clock.now)
    handed_in_at = models.DateTimeField(null=True, blank=True, help_text="First time that a snapshot named it.")
    removed_at = models.DateTimeField(null=True, blank=True, help_text="Replaced or removed after it was handed in.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=AnswerScope.values), name="document_scope_known"),
            models.CheckConstraint(condition=Q(type__in=DocumentType.values), name="document_type_known"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="document_sha256_whole"),
            models.CheckConstraint(condition=Q(size__gte=1), name="document_not_empty"),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(handed_in_at__isnull=False),
                name="document_removed_was_handed_in",
            ),
            models.UniqueConstraint(
                fields=["application", "scope", "scope_key", "question"],
                condition=Q(removed_at__isnull=True),
                name="document_one_a_question",
            ),
        ]

    def __str__(self) -> str:
        return f"document {self.public_id}"
