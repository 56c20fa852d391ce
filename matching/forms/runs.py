"""What staff type to ask for a run."""

from django import forms
from django.utils.translation import gettext_lazy as _


class RunForm(forms.Form):
    """The seed of the lottery that orders people whom a stream holds equal."""

    seed = forms.CharField(
        label=_("Seed of the lottery"), max_length=64,
        help_text=_("Any text. The same seed and the same lists give the same result, byte for byte."),
    )
