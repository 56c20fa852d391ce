"""The desk's own rows: files that were made for one person, and their choices of columns."""

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core import clock, ids
from core.transitions import MoveTable


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX (Excel, LibreOffice)"


def storage_name() -> str:
    """Return a name nobody can guess, drawn once: a job that is run again writes the same file again."""
    return f"exports/{secrets.token_urlsafe(24)}"


class ExportFile(models.Model):
    """A file with data of the programme: its maker's alone, and gone after a day. The row stays for the record."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="export_files")
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey("core.Job", null=True, on_delete=models.PROTECT, related_name="+")

    kind = models.CharField(max_length=20)
    filters = models.JSONField(default=dict, blank=True)
    columns = ArrayField(models.CharField(max_length=100))
    file_format = models.CharField(max_length=5, choices=ExportFormat.choices)
    purpose = models.CharField(max_length=300)

    storage_name = models.CharField(max_length=100, unique=True, default=storage_name, editable=False)
    n_rows = models.PositiveIntegerField(null=True, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    downloads = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(default=clock.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["maker", "-created_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(file_format__in=ExportFormat.values), name="export_format_known"),
            models.CheckConstraint(condition=~Q(purpose=""), name="export_has_a_purpose"),
            models.CheckConstraint(
                condition=Q(ready_at__isnull=True)
                | Q(
                    n_rows__isnull=False, size__isnull=False, expires_at__isnull=False, sha256__regex=r"^[0-9a-f]{64}$"
                ),
                name="export_ready_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} export {self.public_id}"


class SavedExport(models.Model):
    """A person's choice of columns under a name of theirs."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_exports")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    columns = ArrayField(models.CharField(max_length=100))
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_export_name_once")]

    def __str__(self) -> str:
        return self.name


def copy_name() -> str:
    """Return a name nobody can guess for a person's copy."""
    return f"copies/{secrets.token_urlsafe(24)}"


class PersonCopy(models.Model):
    """Everything the portal holds of one person, in one file: theirs alone, and gone after a week."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="copies")
    job = models.ForeignKey("core.Job", null=True, on_delete=models.PROTECT, related_name="+")
    storage_name = models.CharField(max_length=100, unique=True, default=copy_name, editable=False)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    requested_at = models.DateTimeField(default=clock.now)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    downloads = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "person copies"
        constraints = [
            models.CheckConstraint(
                condition=Q(ready_at__isnull=True)
                | Q(size__isnull=False, expires_at__isnull=False, sha256__regex=r"^[0-9a-f]{64}$"),
                name="copy_ready_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"copy {self.public_id}"


class DeletionState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Being carried out"
    CANCELLED = "cancelled", "Cancelled"
    DONE = "done", "Done"


D = DeletionState
DELETION_MOVES = MoveTable(
    DeletionState,
    cancel=(D.WAITING, D.CANCELLED),
    begin=({D.WAITING, D.RUNNING}, D.RUNNING),
    finish=(D.RUNNING, D.DONE),
)


class DeletionRequest(models.Model):
    """A person's wish to be deleted, and afterwards the record that it was done: numbers, no texts."""

    MOVES = DELETION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deletion_requests")
    state = models.CharField(
        max_length=10, choices=DeletionState.choices, default=DeletionState.WAITING, editable=False
    )
    requested_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    job = models.ForeignKey("core.Job", null=True, on_delete=models.PROTECT, related_name="+")
    counts = models.JSONField(default=dict, help_text="Rows by kind when it began.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeletionState.values), name="deletion_state_known"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=["waiting", "running"]), name="deletion_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"deletion {self.public_id}"


class CalendarLink(models.Model):
    """A person's own calendar feed. Its public id is signed into the address; without the row the address is dead."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_link")
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"calendar {self.pk}"


class RetentionClass(models.TextChoices):
    """Classes of data that a cycle keeps for so long and no longer."""

    DRAFTS = "drafts", "Drafts that were never handed in"
    UNSUCCESSFUL = "unsuccessful", "Applications that led to no place"
    WISHED = "wished", "The same, where the person asked to have answers kept"
    DEMOGRAPHICS = "demographics", "Answers for statistics"


class RetentionRule(models.Model):
    """How long a cycle keeps one class of data; without a row the portal's default holds."""

    cycle = models.ForeignKey("streams.Cycle", on_delete=models.CASCADE, related_name="retention_rules")
    kind = models.CharField(max_length=12, choices=RetentionClass.choices)
    months = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "kind"], name="retention_rule_once"),
            models.CheckConstraint(condition=Q(kind__in=RetentionClass.values), name="retention_rule_kind_known"),
            models.CheckConstraint(condition=Q(months__gte=1, months__lte=120), name="retention_rule_months_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.cycle_id}"


class RetentionHold(models.Model):
    """Nothing of this person is deleted while it holds. Placed and released by name, with a reason."""

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="retention_holds")
    reason = models.CharField(max_length=300)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=clock.now)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="retention_hold_has_a_reason"),
            models.UniqueConstraint(fields=["person"], condition=Q(released_at=None), name="retention_hold_once"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__isnull=False, released_by__isnull=False),
                name="retention_hold_released_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.public_id}"


class RunState(models.TextChoices):
    PROPOSED = "proposed", "Waits for a second person"
    CONFIRMED = "confirmed", "Being carried out"
    DONE = "done", "Done"
    DISCARDED = "discarded", "Discarded"


RETENTION_MOVES = MoveTable(
    RunState,
    confirm=(RunState.PROPOSED, RunState.CONFIRMED),
    discard=(RunState.PROPOSED, RunState.DISCARDED),
    finish=(RunState.CONFIRMED, RunState.DONE),
)


class RetentionRun(models.Model):
    """A list of what is erased, drawn up by one person and confirmed by another; then the record that it was done."""

    MOVES = RETENTION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=RetentionClass.choices)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.PROPOSED, editable=False)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    job = models.ForeignKey("core.Job", null=True, on_delete=models.PROTECT, related_name="+")
    counts = models.JSONField(default=dict, help_text="Rows by kind, as they were when it was drawn up.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="retention_run_state_known"),
            models.CheckConstraint(condition=Q(kind__in=RetentionClass.values), name="retention_run_kind_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[RunState.CONFIRMED, RunState.DONE])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=models.F("proposed_by")),
                name="retention_run_by_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["cycle", "kind"],
                condition=Q(state__in=[RunState.PROPOSED, RunState.CONFIRMED]),
                name="retention_run_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.public_id}"


class RetentionItem(models.Model):
    """One application in a run; ``done_at`` makes the run resumable, ``spared`` says that a hold came in between."""

    run = models.ForeignKey(RetentionRun, on_delete=models.CASCADE, related_name="items")
    application = models.ForeignKey("applications.Application", on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    spared = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "application"], name="retention_item_once")]
        indexes = [models.Index(fields=["application"], name="retention_item_application")]

    def __str__(self) -> str:
        return f"{self.application_id} in {self.run_id}"


class PublicationState(models.TextChoices):
    PROPOSED = "proposed", "Waits for a second person"
    DONE = "done", "Public"
    UNDONE = "undone", "Taken back"
    DISCARDED = "discarded", "Discarded"


PUBLICATION_MOVES = MoveTable(
    PublicationState,
    confirm=(PublicationState.PROPOSED, PublicationState.DONE),
    discard=(PublicationState.PROPOSED, PublicationState.DISCARDED),
    undo=(PublicationState.DONE, PublicationState.UNDONE),
)


class CyclePublication(models.Model):
    """That a cycle becomes the public one: asked for by one person, confirmed by another, and the record of both."""

    MOVES = PUBLICATION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="publications")
    replaced = models.ForeignKey(
        "streams.Cycle", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Public before."
    )
    state = models.CharField(
        max_length=10, choices=PublicationState.choices, default=PublicationState.PROPOSED, editable=False
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PublicationState.values), name="publication_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[PublicationState.DONE, PublicationState.UNDONE])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=models.F("proposed_by")),
                name="publication_by_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["cycle"], condition=Q(state=PublicationState.PROPOSED), name="publication_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"publication {self.public_id}"


class StatisticCount(models.Model):
    """What is left of answers for statistics: how many gave one answer. Empty where they were fewer than ten."""

    cycle = models.ForeignKey("streams.Cycle", on_delete=models.PROTECT, related_name="+")
    question = models.ForeignKey("questions.Question", on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=10, choices=[("applied", "Applied"), ("accepted", "Took a place")])
    value = models.CharField(max_length=100)
    n = models.PositiveIntegerField(null=True, help_text="Empty: fewer than ten, or hidden beside such a number.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "question", "stage", "value"], name="statistic_count_once"),
            models.CheckConstraint(condition=Q(n__isnull=True) | Q(n__gte=10), name="statistic_count_hides_few"),
        ]

    def __str__(self) -> str:
        return f"{self.value}: {self.n}"


class CorrectionState(models.TextChoices):
    OPEN = "open", "With staff"
    ACCEPTED = "accepted", "Put right"
    DECLINED = "declined", "Not changed"
    WITHDRAWN = "withdrawn", "Taken back"


CORRECTION_MOVES = MoveTable(
    CorrectionState,
    accept=(CorrectionState.OPEN, CorrectionState.ACCEPTED),
    decline=(CorrectionState.OPEN, CorrectionState.DECLINED),
    withdraw=(CorrectionState.OPEN, CorrectionState.WITHDRAWN),
)


class CorrectionKind(models.TextChoices):
    """What a person can ask staff to put right, because they cannot themselves."""

    ANSWERS = "answers", "An answer or a file as I submitted it"
    FILE_TEXT = "file_text", "The text that was read out of a file"
    RECORDED = "recorded", "A date, a score or a place that you recorded"
    OTHER = "other", "Something else"


class CorrectionRequest(models.Model):
    """A fact that somebody asks staff to put right: what it is, what it should be, and why."""

    MOVES = CORRECTION_MOVES

    public_id = models.CharField(max_length=22, default=ids.public_id, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="corrections")
    application = models.ForeignKey("applications.Application", null=True, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey("applications.Document", null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=10, choices=CorrectionKind.choices)
    state = models.CharField(
        max_length=10, choices=CorrectionState.choices, default=CorrectionState.OPEN, editable=False
    )
    what = models.CharField(max_length=200)
    answer = models.CharField(
        max_length=130, blank=True, help_text="Which answer is meant: a snapshot and a question code; empty: none."
    )
    proposed = models.TextField()
    reason = models.TextField()
    asked_at = models.DateTimeField(default=clock.now)
    reply = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "correction"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CorrectionState.values), name="correction_state_known"),
            models.CheckConstraint(condition=Q(kind__in=CorrectionKind.values), name="correction_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=[CorrectionState.OPEN, CorrectionState.WITHDRAWN])
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reply=""),
                name="correction_decided_with_a_reply",
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(state="open"), name="correction_waits")]

    def __str__(self) -> str:
        return f"correction {self.public_id}"
