"""Forms about files."""

from django import forms


class TextForm(forms.Form):
    """The text of a file as its sender wants it read."""

    text = forms.CharField(
        label="Text of the file",
        required=False,
        strip=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 24}),
        help_text="Change what was read wrongly. The file itself stays as it is.",
    )
