"""What a person types when they answer an offer."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AcceptForm(forms.Form):
    """One tick, so that a place is never taken by a slip."""

    agreed = forms.BooleanField(
        label=_("I want this place and can take part on the dates above."),
        error_messages={"required": _("Tick that you want this place.")},
    )


class DeclineForm(forms.Form):
    """An optional reason."""

    reason = forms.CharField(
        label=_("Reason (optional)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Staff read it to make the next round better. It has no effect on later applications."),
    )
