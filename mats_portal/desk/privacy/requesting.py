"""Facts that people ask staff to put right: asked for, answered by a person, on record."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.queries import is_staff
from applications.domain.corrections import correct_answer
from applications.domain.documents import MAX_FILES, take_correction
from applications.models import Application, Document
from applications.queries import current_application
from applications.queries.corrections import HandedInAnswer, answer_called, answers_handed_in
from core import audit, clock, outbox
from core.refusals import Refused
from core.transitions import locked, transition
from mats_portal.desk.models import CorrectionKind, CorrectionRequest, CorrectionState
from reviews.domain.corrections import tell_readers
from reviews.queries.access import conflicted_with

#: How many may wait at once: more is one letter.
MAX_OPEN = 10
PAGE = 50
CHIPS = {
    CorrectionState.OPEN: "wait",
    CorrectionState.ACCEPTED: "done",
    CorrectionState.DECLINED: "over",
    CorrectionState.WITHDRAWN: "none",
}


def corrections_of(user: Any) -> QuerySet[CorrectionRequest]:
    """Return what ``user`` asked for themselves."""
    return CorrectionRequest.objects.none() if user.is_anonymous else CorrectionRequest.objects.filter(person=user.pk)


def corrections_visible_to(user: Any) -> QuerySet[CorrectionRequest]:
    """Return what others asked for: for staff, never one's own, nor that of people whom they must not judge."""
    if user.is_anonymous or not is_staff(user):
        return CorrectionRequest.objects.none()
    rows = CorrectionRequest.objects.exclude(conflicted_with(user, "person"))
    return rows.select_related("person", "application", "document__question", "decided_by")


@transaction.atomic
def ask_correction(
    *,
    person: User,
    kind: str,
    what: str,
    proposed: str,
    reason: str,
    by: Any,
    document: Document | None = None,
    answer: str = "",
) -> CorrectionRequest:
    """Ask staff to put a fact right. The same words twice are one request.

    ``answer`` names the answer that is meant, by its key. Raises ``Refused`` where a part is missing, or while ten
    others wait.
    """
    person = locked(person)
    what, proposed, reason = what.strip()[:200], proposed.strip(), reason.strip()
    if not what or not proposed or not reason:
        raise Refused("Say what is wrong, what it should be, and why.")
    if kind == CorrectionKind.FILE_TEXT and (document is None or document.application.person_id != person.pk):
        raise Refused("Ask from the page of the file whose text is wrong.")
    waiting = CorrectionRequest.objects.filter(person=person, state=CorrectionState.OPEN)
    same = waiting.filter(kind=kind, what=what, proposed=proposed, document=document).first()
    if same is not None:
        return same
    if waiting.count() >= MAX_OPEN:
        raise Refused(f"{MAX_OPEN} of your requests wait already. Take one back, or wait for an answer.")
    application = document.application if document else current_application(person)
    if kind != CorrectionKind.ANSWERS or answer_called(application, answer) is None:
        answer = ""
    row = CorrectionRequest.objects.create(
        person=person,
        application=application,
        document=document,
        kind=kind,
        what=what,
        answer=answer,
        proposed=proposed,
        reason=reason,
    )
    audit.record("ask_correction", row, by=by, after=row.state, kind=kind)
    if application is not None:
        audit.record("ask_correction", application, by=by)
    return row


@transaction.atomic
def withdraw_correction(*, correction: CorrectionRequest, by: Any) -> CorrectionRequest:
    """Take a request back. Twice is once."""
    row = locked(correction)
    return row if row.state == CorrectionState.WITHDRAWN else transition(row, "withdraw", by=by)


@transaction.atomic
def answer_correction(
    *, correction: CorrectionRequest, accept: bool, reply: str, by: Any, answer: str | None = None
) -> CorrectionRequest:
    """Accept or decline, and tell the person. An accepted text of a file takes the machine's place at once.

    An accepted correction of an answer stands beside that answer from now on, and its readers are told. ``answer`` is
    the one (its key) that staff found to be meant, "" for none; without it, the one that the person chose.
    Raises ``Refused`` without a reply, for one's own request, or for an answer that is none of what was handed in.
    """
    row = locked(correction, "person", "document__application", "application")
    if row.person_id == by.pk:
        raise Refused("Somebody else answers what you asked for.")
    if not reply.strip():
        raise Refused("Write a reply. The person reads it.")
    if accept and row.kind == CorrectionKind.FILE_TEXT:
        if row.document is None:
            raise Refused("This file is gone. Decline, and say so.")
        take_correction(document=row.document, text=row.proposed, by=by)
    meant = row.answer if answer is None else answer
    row = transition(
        row,
        "accept" if accept else "decline",
        by=by,
        answer=meant,
        reply=reply.strip(),
        decided_by_id=by.pk,
        decided_at=clock.now(),
    )
    if accept and meant and row.kind == CorrectionKind.ANSWERS and row.application is not None:
        tell_readers(correction=correct_answer(application=row.application, answer=meant, text=row.proposed, by=by))
    outbox.enqueue(
        key=f"correction-answered:{row.public_id}",
        to=row.person.email,
        person=row.person,
        template="desk/mail/correction_answered.txt",
        row=row,
        is_accepted=accept,
        path=reverse("desk:correct"),
    )
    return row


@dataclass(frozen=True)
class CorrectionLine:
    """One request, for its person or for staff."""

    public_id: str
    pk: int
    name: str
    reference: str
    application: str
    kind: str
    what: str
    proposed: str
    reason: str
    state: str
    chip: str
    is_open: bool
    is_text: bool
    asked_at: datetime
    reply: str
    decided_at: datetime | None
    file: str
    present_text: str
    #: The answer that is meant, and whether it is about an answer at all.
    answer: HandedInAnswer | None = None
    is_answer: bool = False


def correction_line(row: CorrectionRequest) -> CorrectionLine:
    """Return one request as pages show it."""
    document, application = row.document, row.application
    present = ""
    if document is not None:
        present = document.text if document.corrected_text is None else document.corrected_text
    return CorrectionLine(
        public_id=row.public_id,
        pk=row.pk,
        name=str(row.person),
        reference=application.reference if application else "",
        application=application.public_id if application else "",
        kind=str(row.get_kind_display()),
        what=row.what,
        proposed=row.proposed,
        reason=row.reason,
        state=str(row.get_state_display()),
        chip=CHIPS[CorrectionState(row.state)],
        is_open=row.state == CorrectionState.OPEN,
        is_text=row.kind == CorrectionKind.FILE_TEXT,
        asked_at=row.asked_at,
        reply=row.reply,
        decided_at=row.decided_at,
        file=document.public_id if document else "",
        present_text=present,
        is_answer=row.kind == CorrectionKind.ANSWERS,
    )


def correction_page(row: CorrectionRequest) -> CorrectionLine:
    """Return one request as staff who answer it see it: with the answer that is meant."""
    line = correction_line(row)
    return replace(line, answer=answer_called(row.application, row.answer)) if row.answer else line


def own_lines(user: Any) -> list[CorrectionLine]:
    """Return what a person asked for, the latest first."""
    rows = corrections_of(user).select_related("person", "application", "document").order_by("-pk")
    return [correction_line(row) for row in rows[:MAX_FILES]]


def queue_lines(user: Any, *, settled: bool, after: int | None = None) -> list[CorrectionLine]:
    """Return what waits, the oldest first, or what was answered, the latest first; one more than a page."""
    rows = corrections_visible_to(user)
    if settled:
        rows = rows.exclude(state=CorrectionState.OPEN).order_by("-pk")
        rows = rows.filter(pk__lt=after) if after else rows
    else:
        rows = rows.filter(state=CorrectionState.OPEN).order_by("pk")
        rows = rows.filter(pk__gt=after) if after else rows
    return [correction_line(row) for row in rows[: PAGE + 1]]


def accepted_of(application: Application) -> list[CorrectionLine]:
    """Return what was put right in an application, for those who read the person's file."""
    rows = CorrectionRequest.objects.filter(application=application, state=CorrectionState.ACCEPTED)
    return [correction_line(row) for row in rows.select_related("person", "application", "document").order_by("pk")]


def _choices(application: Application | None, none: str) -> list[tuple[str, str]]:
    """Return what was handed in, answer by answer, as a list to choose from."""
    found = answers_handed_in(application) if application else []
    return [("", none), *((one.key, f"{one.form}: {one.question}"[:120]) for one in found)]


class CorrectionForm(forms.Form):
    """What is wrong, what it should be, and why."""

    kind = forms.ChoiceField(label="What it is about", error_messages={"required": "Choose what it is about"})
    what = forms.CharField(
        label="What is wrong",
        max_length=200,
        help_text="Name the question, the date or the place where it stands.",
        error_messages={"required": "Say what is wrong"},
    )
    answer = forms.ChoiceField(
        label="Which answer",
        required=False,
        help_text="If it is about one that you submitted. What staff accept is shown beside it to whoever reads it.",
        error_messages={"invalid_choice": "Choose one of your answers, or none"},
    )
    proposed = forms.CharField(
        label="What it should be",
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Write what it should be"},
    )
    reason = forms.CharField(
        label="Why",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="How the mistake came about, and how we can see what is right.",
        error_messages={"required": "Say why"},
    )

    def __init__(
        self, *args: Any, document: Document | None = None, application: Application | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        answers = _choices(application, "No single answer")
        self.fields["answer"].choices = answers  # type: ignore[attr-defined]  # a ChoiceField
        if document is not None or len(answers) == 1:
            del self.fields["answer"]
        if document is not None:
            del self.fields["kind"], self.fields["what"]
            self.fields["proposed"].widget.attrs["rows"] = 20
            self.fields["proposed"].label = "The text as it should be read"
            return
        choices = [choice for choice in CorrectionKind.choices if choice[0] != CorrectionKind.FILE_TEXT]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class AnswerForm(forms.Form):
    """What staff write back."""

    reply = forms.CharField(
        label="Your reply",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The person reads it. Say what was changed, or why nothing is.",
        error_messages={"required": "Write a reply"},
    )
    answer = forms.ChoiceField(
        label="Beside which answer the correction is shown",
        required=False,
        help_text="Readers, mentors and staff then get the text above beside it. It is not shown without an answer.",
        error_messages={"invalid_choice": "Choose one of the answers, or none"},
    )

    def __init__(self, *args: Any, correction: CorrectionRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if correction.kind != CorrectionKind.ANSWERS or correction.application is None:
            del self.fields["answer"]
            return
        self.fields["answer"].choices = _choices(correction.application, "None: only on the person’s page")  # type: ignore[attr-defined]  # a ChoiceField
        self.initial["answer"] = correction.answer
