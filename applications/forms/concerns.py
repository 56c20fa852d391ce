"""What is typed about a question to a submission: by whoever raises it, and by its author."""

from typing import Any

from django import forms

from applications.domain.concerns import Seen
from applications.domain.hearing import MAX_CHARACTERS
from applications.states import EvidenceKind

#: How many things a concern can rest on.
N_EVIDENCE = 3


class ConcernForm(forms.Form):
    """What was seen, and what it rests on."""

    concern = forms.CharField(
        label="What you saw",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The person reads these words. Describe what stands there; leave out what you think of them.",
        error_messages={"required": "Write down what you saw"},
    )
    note = forms.CharField(
        label="For those who decide",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The person does not read this. Name other people here, if you have to.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        note = self.fields.pop("note")
        for number in range(1, N_EVIDENCE + 1):
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label=f"Evidence {number}: what kind",
                required=number == 1,
                choices=[("", "Choose"), *EvidenceKind.choices],
                error_messages={"required": "Choose what kind of evidence there is"},
            )
            self.fields[f"text_{number}"] = forms.CharField(
                label=f"Evidence {number}: where it is seen",
                required=number == 1,
                max_length=4000,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text="The person reads this too. Name no other applicant." if number == 1 else "",
                error_messages={"required": "Say where it is seen"},
            )
        self.fields["note"] = note

    def clean(self) -> dict[str, Any]:
        """Want both halves of each piece of evidence."""
        cleaned = super().clean() or {}
        for number in range(2, N_EVIDENCE + 1):
            kind, text = cleaned.get(f"kind_{number}"), cleaned.get(f"text_{number}")
            if kind and not text:
                self.add_error(f"text_{number}", "Say where it is seen")
            if text and not kind:
                self.add_error(f"kind_{number}", "Choose what kind of evidence this is")
        return cleaned

    @property
    def evidence(self) -> list[Seen]:
        """What was filled in."""
        pairs = [
            (self.cleaned_data.get(f"kind_{number}", ""), self.cleaned_data.get(f"text_{number}", ""))
            for number in range(1, N_EVIDENCE + 1)
        ]
        return [Seen(kind, text) for kind, text in pairs if kind]


class StatementForm(forms.Form):
    """The author's words, and a file if there is one."""

    text = forms.CharField(
        label="Your answer",
        max_length=MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "Write your answer"},
    )
    file = forms.FileField(
        label="A file",
        required=False,
        help_text="PDF, DOCX or plain text, at most 10 MB: notes, drafts, a log of versions.",
        error_messages={"empty": "This file is empty."},
    )

    def __init__(self, *args: Any, is_appeal: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_appeal:
            self.fields["text"].label = "Your appeal"
            self.fields["text"].error_messages["required"] = "Write why the outcome should be another"
