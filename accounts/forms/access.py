"""What admins type about other people's access."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from accounts.models import User
from accounts.states import SCOPES_OF, AccessReason, Role, ScopeKind
from core import clock

#: Groups of a drop-down: the group's name, then value and label of each line.
Groups = Sequence[tuple[str, Sequence[tuple[str, str]]]]


class GrantForm(forms.Form):
    """Who gets which role on what, until when. ``scopes`` are the choices; a value is ``kind:public id``."""

    email = forms.EmailField(
        label="E-mail address of the account",
        help_text="The person needs an account first.",
        error_messages={
            "required": "Enter the address of an account",
            "invalid": "Enter an e-mail address such as name@example.org",
        },
    )
    role = forms.ChoiceField(choices=[("", "Choose"), *Role.choices], error_messages={"required": "Choose a role"})
    scope = forms.ChoiceField(
        label="On what",
        help_text="Reviewers and track leads: a track. Mentors: a stream. Admins: everything. "
        "Staff and observers: everything or one cycle.",
        error_messages={"required": "Choose what the role is held on", "invalid_choice": "Choose one of the list"},
    )
    ends_on = forms.DateField(
        label="Last day",
        required=False,
        help_text="The role ends with this day in UTC. Leave it empty for no end.",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Give a day such as 2026-12-31"},
    )

    person: User

    def __init__(self, data: Mapping[str, Any] | None, *, scopes: Groups, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        field: Any = self.fields["scope"]
        field.choices = [("", "Choose"), *scopes]

    def clean_email(self) -> str:
        """Find the account."""
        address = self.cleaned_data["email"].lower()
        found = User.objects.filter(email=address).first()
        if found is None:
            raise forms.ValidationError("No account has this address. Ask the person to create one first.")
        self.person = found
        return address

    def clean_ends_on(self) -> date | None:
        """Take no day that is over."""
        ends_on = self.cleaned_data["ends_on"]
        if ends_on and ends_on < clock.today():
            raise forms.ValidationError("Give today or a later day")
        return ends_on

    def clean(self) -> dict[str, Any]:
        """Let a role be held on its own kinds of scope only."""
        typed = super().clean() or {}
        role, kind = typed.get("role"), typed.get("scope", "").partition(":")[0]
        if role and kind and kind not in SCOPES_OF[Role(role)]:
            wanted = " or ".join(sorted(str(ScopeKind(one).label).lower() for one in SCOPES_OF[Role(role)]))
            self.add_error("scope", f"{Role(role).label}: choose {wanted}")
        return typed


class ReasonForm(forms.Form):
    """Why. Goes into the record."""

    reason = forms.ChoiceField(
        label="Why",
        choices=[("", "Choose"), *AccessReason.choices],
        help_text="This goes into the record.",
        error_messages={"required": "Choose a reason"},
    )
