"""What staff type about retention."""

from django import forms

from accounts.models import User
from mats_portal.desk.retention.queries import person_called


class RuleForm(forms.Form):
    """How many months a class is kept."""

    months = forms.IntegerField(
        label="Months", min_value=1, max_value=120, error_messages={"required": "Write a number of months"}
    )


class HoldForm(forms.Form):
    """Of whom nothing may be deleted, and why."""

    person: User

    who = forms.CharField(
        label="Address or reference",
        max_length=254,
        help_text="The address of the account, or the reference of an application.",
        error_messages={"required": "Say who it is"},
    )
    reason = forms.CharField(
        label="Why nothing may be deleted",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For staff alone: a claim, an inquiry. The person reads that there is a hold, not why.",
        error_messages={"required": "Write down why"},
    )

    def clean_who(self) -> str:
        """Find the person."""
        words: str = self.cleaned_data["who"].replace("\x00", "").strip()
        person = person_called(words)
        if person is None:
            raise forms.ValidationError("There is no account and no application by that name.")
        self.person = person
        return words
