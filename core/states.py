"""States of the platform's own rows."""

from django.db.models import TextChoices

from core.transitions import MoveTable


class MailState(TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    UNKNOWN = "unknown", "Unknown"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"
    BOUNCED = "bounced", "Came back"


class MailClass(TextChoices):
    """What to do when a crash leaves open whether a mail went out."""

    HOLD = "hold", "Hold"  # decisions and offers: a person looks before it could be sent twice
    RESEND = "resend", "Resend"  # receipts and reminders: sent again under the same Message-ID


M = MailState
MAIL_MOVES = MoveTable(
    MailState,
    claim=(M.QUEUED, M.SENDING),
    deliver=(M.SENDING, M.SENT),
    defer=(M.SENDING, M.QUEUED),
    give_up=(M.SENDING, M.FAILED),
    lose_track=(M.SENDING, M.UNKNOWN),
    doubt=({M.QUEUED, M.SENDING}, M.UNKNOWN),  # the database was restored: it may have left since
    send_again=({M.UNKNOWN, M.FAILED, M.STOPPED, M.BOUNCED}, M.QUEUED),
    bounce=({M.SENT, M.UNKNOWN}, M.BOUNCED),  # its service says that it cannot be delivered
    confirm_delivered=(M.UNKNOWN, M.SENT),
    stop=({M.QUEUED, M.UNKNOWN, M.FAILED}, M.STOPPED),
)


class JobState(TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


J = JobState
JOB_MOVES = MoveTable(
    JobState,
    start=({J.QUEUED, J.RUNNING}, J.RUNNING),
    finish=(J.RUNNING, J.DONE),
    fail=(J.RUNNING, J.FAILED),
    cancel=({J.QUEUED, J.RUNNING}, J.CANCELLED),
    requeue=({J.RUNNING, J.FAILED, J.CANCELLED}, J.QUEUED),
)
