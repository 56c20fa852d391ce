"""The sign-in library's forms in our words."""

from typing import Any

from django import forms

#: Label and what to say to an empty field, by the field's name.
WORDS = {
    "login": ("E-mail address", "Enter your e-mail address"),
    "email": ("E-mail address", "Enter an e-mail address"),
    "display_name": ("Your name", "Enter your name"),
    "password": ("Password", "Enter your password"),
    "oldpassword": ("Present password", "Enter your present password"),
    "password1": ("New password", "Enter a new password"),
    "password2": ("New password, once more", "Enter the new password once more"),
    "code": ("Code", "Enter the code"),
    "name": ("Name of the passkey", "Enter a name"),
}
NOT_AN_ADDRESS = "Enter an e-mail address such as name@example.org"
LENGTH_AND_VARIETY = "12 characters or more, not digits alone, and not like your name or address. A few words do well."


class PlainWords:
    """Give each field our label, help and errors; mixed into a form of the library."""

    #: Help under a label, by the field's name: overrides the library's.
    helps: dict[str, str] = {}

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            # The label says it; a grey text in the field would look like an answer.
            field.widget.attrs.pop("placeholder", None)
            if name in WORDS:
                field.label, field.error_messages["required"] = WORDS[name]
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = NOT_AN_ADDRESS
            if name in {"password", "oldpassword", "password2"}:
                field.help_text = ""
            if name == "password1":
                field.help_text = LENGTH_AND_VARIETY
            field.help_text = self.helps.get(name, field.help_text)
