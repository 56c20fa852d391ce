"""What a reader writes about levels that are far from another reader's."""

from collections.abc import Iterable
from typing import Any

from django import forms

from reviews.queries.comparing import CompareRow


class ExplainForm(forms.Form):
    """Two lines a criterion, and whether somebody else should read it too."""

    wants_further = forms.BooleanField(
        label="Ask for a third reader",
        required=False,
        help_text="The track leads see the wish and decide.",
    )

    def __init__(self, *args: Any, rows: Iterable[CompareRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = tuple(rows)
        tick = self.fields.pop("wants_further")
        for row in self.rows:
            self.fields[f"text-{row.code}"] = forms.CharField(
                label=f"{row.name}: what did you see that explains {row.own} against {_far_levels(row)}?",
                max_length=1000,
                initial=row.text,
                widget=forms.Textarea(attrs={"rows": 2}),
                error_messages={"required": f"Write two lines about “{row.name}”"},
            )
        self.fields["wants_further"] = tick

    @property
    def texts(self) -> dict[str, str]:
        """What was written, by criterion code."""
        return {row.code: self.cleaned_data[f"text-{row.code}"] for row in self.rows}


def _far_levels(row: CompareRow) -> str:
    return " and ".join(dict.fromkeys(level for level in row.others if level not in {row.own, "cannot tell"}))
