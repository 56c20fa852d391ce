"""Answers as they are typed, their earlier versions, and what was handed in."""

from django.db import models
from django.db.models import Q

from applications.models.application import Application
from applications.states import AnswerScope
from core import clock, ids


class Answer(models.Model):
    """The present answer of one application to one question in one form.

    ``scope_key`` is "" for the general form, else the public id of the track, stream application or evaluation
    assignment. ``value`` is a string, a list of strings, a boolean, a number, or a list of {url, why}.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey("questions.Question", on_delete=models.PROTECT, related_name="answers")
    scope = models.CharField(max_length=12, choices=AnswerScope.choices)
    scope_key = models.CharField(max_length=32, blank=True)
    value = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField(default=clock.now)
    taken_from = models.CharField(
        max_length=250,
        blank=True,
        db_default="",
        help_text="Where the words were written, if elsewhere.",
    )
    taken_version = models.PositiveIntegerField(null=True, help_text="The version that holds them as they were.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "scope", "scope_key", "question"], name="answer_once"),
            models.CheckConstraint(condition=Q(scope__in=AnswerScope.values), name="answer_scope_known"),
            models.CheckConstraint(
                condition=Q(taken_from="", taken_version__isnull=True)
                | ~Q(taken_from="") & Q(taken_version__isnull=False),
                name="answer_taken_has_version",
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}, version {self.version}"


class AnswerVersion(models.Model):
    """An earlier text of an answer, or one that lost against a newer tab: nothing typed is lost."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    value = models.JSONField(null=True)
    was_stored = models.BooleanField(default=True, help_text="False for the text of a tab that came too late.")
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["answer", "-saved_at"])]

    def __str__(self) -> str:
        return f"version {self.version} of answer {self.answer_id}"


class AnswerSnapshot(models.Model):
    """What was handed in, word for word; reviewers read this. Never changed.

    ``content`` is a list of sections: {"title", "scope", "scope_key", "items": [{"code", "question", "kind",
    "data_class", "value", "display"}]}.
    """

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="snapshots")
    scope = models.CharField(max_length=12, choices=AnswerScope.choices)
    scope_key = models.CharField(max_length=32, blank=True)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    submitted_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(scope__in=AnswerScope.values), name="snapshot_scope_known")]
        indexes = [models.Index(fields=["application", "scope", "scope_key", "-submitted_at"])]

    def __str__(self) -> str:
        return f"snapshot {self.public_id}"


class AnswerCorrection(models.Model):
    """What an answer should have said, as its writer asked and staff accepted. The snapshot itself stays as it is."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    snapshot = models.ForeignKey(AnswerSnapshot, on_delete=models.CASCADE, related_name="corrections")
    question_code = models.CharField(max_length=100)
    text = models.TextField()
    accepted_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="answer_correction_says_something")]
        indexes = [models.Index(fields=["snapshot", "question_code"], name="answer_correction_of")]

    def __str__(self) -> str:
        return f"correction of {self.question_code} in {self.snapshot_id}"
