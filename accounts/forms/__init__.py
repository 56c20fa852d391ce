"""What people type about themselves."""

from functools import cache
from zoneinfo import available_timezones

from django import forms


@cache
def zone_choices() -> list[tuple[str, str]]:
    """Return the time zones that name a place, for a drop-down."""
    places = sorted(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/"))
    )
    return [("", "As my device says"), ("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in places)]


class SignupForm(forms.Form):
    """What sign-up asks besides the address: how we write your name."""

    display_name = forms.CharField(
        label="Your name",
        max_length=200,
        strip=True,
        help_text="As you want us to write it. Reviewers of the first reading do not see it.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["email", "display_name"]

    def signup(self, request: object, user: object) -> None:
        """Do nothing more: the account adapter stores the name with the account."""


class ProfileForm(forms.Form):
    """Name and time zone."""

    display_name = forms.CharField(
        label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    timezone = forms.ChoiceField(
        label="Your time zone",
        choices=zone_choices,
        required=False,
        help_text="Every deadline is shown in its official zone and in this one.",
    )
    wants_reminders = forms.BooleanField(
        label="Remind me by mail 7 days, 1 day and 3 hours before a close",
        required=False,
        help_text="Only while something is unfinished. Receipts, results and offers are sent in any case.",
    )
