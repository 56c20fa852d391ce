"""More time for one person, as staff type it."""

from datetime import datetime

from django import forms

from applications.states import Window
from core.deadlines import instant

ZONES = (("AoE", "AoE (anywhere on earth)"), ("UTC", "UTC"))


class MoreTimeForm(forms.Form):
    """Until when, and why."""

    on = forms.DateField(
        label="New day",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose a day", "invalid": "Write a day as year-month-day, such as 2026-06-09"},
    )
    at = forms.TimeField(
        label="Time",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text="Leave it empty for the end of that day.",
        error_messages={"invalid": "Write a time such as 18:00"},
    )
    zone = forms.ChoiceField(label="Zone", choices=ZONES)
    reason = forms.CharField(
        label="Why this person gets more time",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept for staff and leads. No medical details here.",
        error_messages={"required": "Write down why this person gets more time"},
    )

    def until(self) -> datetime:
        """Return the new instant."""
        data = self.cleaned_data
        return instant(data["on"], data["at"], data["zone"])


class ExtensionForm(MoreTimeForm):
    """Which deadline, until when, and why."""

    window = forms.ChoiceField(label="Deadline", choices=Window.choices)

    field_order = ("window",)
