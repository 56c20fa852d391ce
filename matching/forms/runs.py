"""What staff type to ask for a run, or what one would give."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from matching.queries.counterfactuals import PLUS_ONE, WITHDRAWN


class RunForm(forms.Form):
    """The seed of the lottery that orders people whom a stream holds equal."""

    seed = forms.CharField(
        label=_("Seed of the lottery"),
        max_length=64,
        help_text=_("Any text. The same seed and the same lists give the same result, byte for byte."),
    )


class CommittedRunForm(forms.Form):
    """Nothing to choose: the lottery draws with the seed that was committed to."""


class WhatIfForm(forms.Form):
    """One change to one stream."""

    change = forms.ChoiceField(
        label=_("Change"), choices=[(PLUS_ONE, _("One more seat")), (WITHDRAWN, _("The stream withdraws"))]
    )

    def __init__(self, *args: Any, streams: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stream"] = forms.ChoiceField(label=_("Stream"), choices=streams)
