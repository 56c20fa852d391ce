"""Where each fact about a person is put right: by themselves on a page, or by staff."""

from dataclasses import dataclass

from django.urls import reverse

from applications.models import Application
from applications.states import ApplicationState

A = ApplicationState
#: States in which the general application is the person's to change.
OPEN = frozenset({A.DRAFT, A.SUBMITTED})


@dataclass(frozen=True)
class CorrectionRow:
    """One kind of fact: where it is changed; without an address, staff change it."""

    what: str
    how: str
    url: str = ""
    label: str = ""
    #: What a request to staff is about, where they change it.
    ask: str = ""


def correction_rows(application: Application | None) -> list[CorrectionRow]:
    """Return where the person puts each kind of fact right, by what they may know of their application."""
    rows = [
        CorrectionRow(
            "Name and time zone", "Change them at any time.", reverse("accounts:profile"), "Name and time zone"
        ),
        CorrectionRow(
            "E-mail address",
            "Add the new one, confirm it, then remove the old one.",
            reverse("account_email"),
            "Addresses",
        ),
    ]
    if application is None:
        return rows
    state = A(application.released_state)
    if state in OPEN:
        how = "Change them until the deadline. What you submitted is reopened first and counts until you submit again."
        rows.append(CorrectionRow("Answers and files", how, reverse("applications:tasklist"), "General application"))
    else:
        how = "They are read as you submitted them and stay so. Say what is wrong: a person answers."
        rows.append(CorrectionRow("Answers and files of the general application", how, ask="answers"))
    if state == A.STAGE2:
        how = "Change them until stage 2 closes. What you submitted is reopened first."
        rows.append(CorrectionRow("Answers for streams", how, reverse("applications:stage2"), "Streams and tasks"))
    if application.cycle.max_referees and state in OPEN | {A.IN_SCREEN, A.STAGE2}:
        how = "Name another referee where a name or an address is wrong."
        rows.append(CorrectionRow("Referees", how, reverse("applications:referees"), "Your referees"))
    how = "A date, a score or a place that we got wrong: tell us which, and what is right."
    return [*rows, CorrectionRow("What we wrote or recorded", how, ask="recorded")]
