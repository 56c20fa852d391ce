"""What a person chooses for a file."""

from typing import Any

from django import forms

from mats_portal.desk.exports.sets import Column, ExportSet, lock_reason
from mats_portal.desk.models import ExportFormat
from streams.models import Cycle


class ExportForm(forms.Form):
    """Filters, columns, format and purpose; columns that are not theirs are no choices."""

    q = forms.CharField(label="Name, address or reference", max_length=100, required=False)
    state = forms.ChoiceField(label="State", required=False)
    track = forms.ChoiceField(label="Track", required=False)
    columns = forms.MultipleChoiceField(
        label="Columns",
        error_messages={
            "required": "Choose at least one column.",
            "invalid_choice": "The column “%(value)s” cannot be chosen.",
        },
    )
    file_format = forms.ChoiceField(label="Format", choices=ExportFormat.choices, initial=ExportFormat.XLSX)
    purpose = forms.CharField(
        label="What is the file for?",
        min_length=10,
        max_length=300,
        help_text="A sentence for the record, such as: seating plan for the opening day.",
        error_messages={"required": "Say what the file is for.", "min_length": "Say it in a sentence."},
    )
    save_as = forms.CharField(
        label="Keep this choice of columns as", max_length=60, required=False, help_text="A name of your own."
    )

    def __init__(self, *args: Any, kind: ExportSet, columns: list[Column], cycle: Cycle, user: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.offered = columns
        self.locks = {column.key: lock_reason(column, user) for column in columns}
        choices = {
            "state": [("", "All"), *kind.states],
            "track": [("", "All"), *cycle.tracks.order_by("order").values_list("slug", "name")],
            "columns": [(column.key, column.label) for column in columns if not self.locks[column.key]],
        }
        for name, found in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = found
        for name in {"q", "state", "track"} - set(kind.filters):
            del self.fields[name]

    def filters(self) -> dict[str, str]:
        """Return the filters that were asked for; only for a valid form."""
        return {name: self.cleaned_data[name] for name in ("q", "state", "track") if self.cleaned_data.get(name)}

    def ticks(self) -> list[dict[str, Any]]:
        """Return the columns as lines with boxes: what is locked says why."""
        chosen = set(self["columns"].value() or ())
        return [
            {
                "column": column,
                "locked": self.locks[column.key],
                "checked": column.key in chosen and not self.locks[column.key],
            }
            for column in self.offered
        ]
