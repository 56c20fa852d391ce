"""Naming a referee; declining as one."""

from typing import Any

from django import forms

WAIVER = (
    ("yes", "I give up asking to read the letter"),
    ("no", "I do not give that up"),
)


class RefereeForm(forms.Form):
    """Who may say something about one's work."""

    name = forms.CharField(label="Name of the referee", max_length=120, error_messages={"required": "Write a name"})
    email = forms.EmailField(
        label="Their e-mail address",
        max_length=254,
        help_text="One that they read. An address at their place of work tells readers more than a private one.",
        error_messages={
            "required": "Write an e-mail address",
            "invalid": "Enter an e-mail address such as name@example.org",
        },
    )
    relation = forms.CharField(
        label="How they know your work",
        max_length=200,
        required=False,
        help_text="One line, such as “supervised my thesis, 2024–25”. The referee and readers see it.",
    )
    waiver = forms.ChoiceField(
        label="Your right to ask to read what they write",
        choices=WAIVER,
        widget=forms.RadioSelect,
        help_text="The portal shows no letter to an applicant either way. The referee is told what you chose; "
        "it plays no part in selection.",
        error_messages={"required": "Choose one of the two", "invalid_choice": "Choose one of the two"},
    )

    def clean_name(self) -> str:
        """Keep a name on one line, without what the database cannot hold."""
        return _line(self.cleaned_data["name"], "Write a name")

    def clean_relation(self) -> str:
        """The same for the relation."""
        return _line(self.cleaned_data["relation"], "")

    def values(self) -> dict[str, Any]:
        """Return what the domain takes."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "email": data["email"],
            "relation": data["relation"],
            "access_waived": data["waiver"] == "yes",
        }


def _line(text: str, needed: str) -> str:
    tidy = " ".join(text.split())
    if needed and not tidy:
        raise forms.ValidationError(needed)
    return tidy


class DeclineForm(forms.Form):
    """Saying no needs no reason."""

    reason = forms.CharField(
        label="Reason",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Staff read it. The applicant does not.",
    )
