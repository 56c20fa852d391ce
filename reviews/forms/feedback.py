"""What whoever checks the notes for applicants types."""

from typing import Any

from django import forms

from reviews.engine.wording import faults


class VersionForm(forms.Form):
    """Names the version of the packet that was looked at."""

    version = forms.IntegerField(min_value=0, max_value=10**6, widget=forms.HiddenInput)


class WordsForm(VersionForm):
    """Other words for a sentence; ``is_told``: somebody has read the present ones."""

    text = forms.CharField(
        label="What the applicant reads",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Keep what the reader means. Their own words stay on record.",
        error_messages={"required": "Write the sentence, or leave it out below"},
    )
    reason = forms.CharField(
        label="Why it is changed",
        max_length=200,
        required=False,
        help_text="Stays inside.",
        error_messages={"required": "Say why it is corrected: the applicant has read what stands there now"},
    )

    def __init__(self, *args: Any, is_told: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_told

    def clean_text(self) -> str:
        """Ask for other words where these tell nothing or too much."""
        text = str(self.cleaned_data["text"])
        if found := faults(text):
            raise forms.ValidationError(found)
        return text


class LeaveOutForm(VersionForm):
    """Why a sentence is kept from its applicant."""

    why = forms.CharField(
        label="Why it is left out",
        max_length=200,
        help_text="Stays inside.",
        error_messages={"required": "Say why it is left out"},
    )


class SendBackForm(VersionForm):
    """What the reader should say otherwise."""

    note = forms.CharField(
        label="What should they say otherwise?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="They read this, and not who wrote it.",
        error_messages={"required": "Say what should be said otherwise"},
    )
