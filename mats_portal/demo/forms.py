"""What a visitor asks of the demo's clock."""

from datetime import timedelta

from django import forms

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


class MomentForm(forms.Form):
    """An instant in UTC."""

    moment = forms.DateTimeField(
        label="Day and time in UTC",
        help_text="For example 2026-07-27 09:00",
        input_formats=["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z"],
        error_messages={"required": "Enter a day and a time", "invalid": "Write it like 2026-07-27 09:00"},
    )


class StepForm(forms.Form):
    """A step forward."""

    step = forms.ChoiceField(choices=[(name, name) for name in STEPS])
