"""What a person types to be deleted."""

from typing import Any

from django import forms


class DeletionForm(forms.Form):
    """The own address, typed: nobody deletes themselves by a slip of the finger."""

    email = forms.CharField(
        label="Your e-mail address",
        help_text="Type the address of this account, so that this is no slip.",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        error_messages={"required": "Type the address of this account"},
    )

    def __init__(self, data: Any, *, address: str) -> None:
        super().__init__(data)
        self.address = address

    def clean_email(self) -> str:
        """Take this account's address and no other."""
        typed: str = self.cleaned_data["email"].strip()
        if typed.casefold() != self.address.casefold():
            raise forms.ValidationError("This is not the address of this account.")
        return typed
