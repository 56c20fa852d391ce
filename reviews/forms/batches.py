"""What staff enter to decide in batches."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms

from core import deadlines
from reviews.queries.scopes import Scope
from reviews.states import PROPOSABLE, GateKind


class BatchForm(forms.Form):
    """The scope of a new batch and the rule that proposes."""

    scope = forms.ChoiceField(
        label="Who is decided on", widget=forms.RadioSelect, error_messages={"required": "Choose a track and gate"}
    )
    rule_line = forms.DecimalField(
        label="Line for the central review",
        min_value=Decimal(1),
        max_value=Decimal(5),
        decimal_places=2,
        required=False,
        help_text="A raw mean of at least this is proposed to advance. Not used at the screen.",
        error_messages={"required": "Give the line: a mean between 1.00 and 5.00"},
    )

    def __init__(self, *args: Any, scopes: list[Scope], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scopes = {f"{scope.track.public_id}:{scope.gate}": scope for scope in scopes if not scope.open_batch}
        self.fields["rule_line"].required = all(scope.gate == GateKind.REVIEW for scope in self.scopes.values())
        self.fields["scope"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (key, f"{scope.track.name}, {scope.gate_label.lower()}: {scope.complete} of {scope.waiting} ready")
            for key, scope in self.scopes.items()
        ]

    def clean(self) -> dict[str, Any]:
        """The central review needs a line."""
        cleaned = super().clean() or {}
        scope = self.scopes.get(cleaned.get("scope", ""))
        if scope and scope.gate == GateKind.REVIEW and not cleaned.get("rule_line") and "rule_line" not in self.errors:
            self.add_error("rule_line", "Give the line: a mean between 1.00 and 5.00")
        return cleaned

    @property
    def chosen(self) -> Scope:
        """The chosen track and gate."""
        return self.scopes[self.cleaned_data["scope"]]


class OutcomeForm(forms.Form):
    """One line of a batch, changed by hand."""

    outcome = forms.ChoiceField(
        choices=[*((one.value, one.label) for one in PROPOSABLE), ("take_out", "Take out")],
        error_messages={"required": "Choose an outcome", "invalid_choice": "Choose an outcome"},
    )
    reason = forms.CharField(max_length=300, required=False)

    def clean(self) -> dict[str, Any]:
        """A decision by hand carries its reason."""
        cleaned = super().clean() or {}
        if cleaned.get("outcome") in PROPOSABLE and not (cleaned.get("reason") or "").strip():
            self.add_error("reason", "Give a reason. It stands in the record.")
        return cleaned


class UndoForm(forms.Form):
    """Why a release is taken back."""

    reason = forms.CharField(
        label="What went wrong?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stands in the record. Applicants do not read it.",
        error_messages={"required": "Say what went wrong"},
    )


class ScheduleForm(forms.Form):
    """When a batch is released by itself: a day and a time in UTC."""

    on = forms.DateField(
        label="Day",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Give a day", "invalid": "Give a day such as 2026-07-07"},
    )
    at = forms.TimeField(
        label="Time (UTC)",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "Give a time", "invalid": "Give a time such as 16:00"},
    )

    @property
    def moment(self) -> datetime:
        """The instant that was entered."""
        return deadlines.instant(self.cleaned_data["on"], self.cleaned_data["at"], "UTC")
