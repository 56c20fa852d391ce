"""What leads enter to give out the reading, and reviewers to hand a text back."""

import csv
import io
from datetime import datetime
from typing import Any

from django import forms

from core import deadlines
from reviews.queries.files import FileLine
from reviews.queries.proposals import Choice
from reviews.states import DeclineReason

MAX_BYTES = 1_000_000
MAX_LINES = 20_000
COLUMNS = ("reference", "reviewer")


class DueForm(forms.Form):
    """By when what is given out is to be read."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput, required=False)
    due_on = forms.DateField(
        label="To be read by the end of",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="A day, in UTC. Empty: when the review closes.",
        error_messages={"invalid": "Give a day such as 2026-07-03"},
    )

    @property
    def due_at(self) -> datetime | None:
        """The instant that was entered."""
        day = self.cleaned_data["due_on"]
        return deadlines.instant(day, None, "UTC") if day else None


class ReaderForm(forms.Form):
    """Somebody else for a text."""

    reader = forms.ChoiceField(
        label="Who reads it",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose somebody",
            "invalid_choice": "This person may not read it any more. Choose somebody else",
        },
    )

    def __init__(self, *args: Any, choices: list[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reader"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (one.public_id, f"{one.name}: {one.load} to read") for one in choices
        ]
        if choices:
            self.fields["reader"].initial = choices[0].public_id


class DeclineForm(forms.Form):
    """Why a reviewer hands a text back."""

    reason = forms.ChoiceField(
        label="Why do you hand it back?",
        choices=DeclineReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the reasons"},
    )
    note = forms.CharField(
        label="Anything the track lead should know",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AssignmentFileForm(forms.Form):
    """A table of who reads what."""

    file = forms.FileField(
        label="A CSV file",
        help_text="Columns: reference (such as A-0012), reviewer (their e-mail address), and, to move a text that is "
        "not started, instead_of (the e-mail address of who has it). Nothing changes before you apply it.",
        error_messages={"required": "Choose a file", "empty": "The file is empty"},
    )

    def clean_file(self) -> list[FileLine]:
        """Read the lines; what they say is looked at against the track later."""
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise forms.ValidationError("The file is larger than 1 MB. Split it.")
        try:
            text = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError("The file is not UTF-8 text. Save it as “CSV UTF-8”.") from error
        if "\x00" in text:
            raise forms.ValidationError("The file is not a text file.")
        try:
            return _lines(text)
        except csv.Error as error:
            raise forms.ValidationError("The file is not a CSV table.") from error


def _lines(text: str) -> list[FileLine]:
    # A spreadsheet of another country separates by semicolons.
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in head else ",", restval="", strict=True)
    names = [(name or "").strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = names
    if lacking := [name for name in COLUMNS if name not in names]:
        raise forms.ValidationError(f"The first line lacks the column {' and '.join(lacking)}.")
    lines = []
    for row in reader:
        cells = {name: (row.get(name) or "").strip()[:254] for name in (*COLUMNS, "instead_of")}
        if any(cells.values()):
            lines.append(FileLine(reader.line_num, cells["reference"], cells["reviewer"], cells["instead_of"]))
        if len(lines) > MAX_LINES:
            raise forms.ValidationError(f"The file has more than {MAX_LINES} lines. Split it.")
    if not lines:
        raise forms.ValidationError("The file has no line below its first.")
    return lines
