"""An entry of the help as staff type it."""

from typing import Any

from django import forms

from streams.domain.help_entries import HelpText
from streams.models import HelpEntry
from streams.states import HelpStep, HelpTopic


class HelpForm(forms.Form):
    """Everything that an entry says."""

    title = forms.CharField(label="Question or title", max_length=150)
    summary = forms.CharField(
        label="The answer in one sentence",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stands in lists and in what search finds.",
    )
    body = forms.CharField(
        label="The whole answer",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="Markdown: an empty line between paragraphs, - for lists, ## for headings, [words](address) for "
        "links. HTML is shown as text.",
    )
    topic = forms.ChoiceField(label="Chapter", choices=HelpTopic.choices)
    steps = forms.MultipleChoiceField(
        label="Pages that lead here",
        choices=HelpStep.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    order = forms.IntegerField(
        label="Place in the chapter", min_value=0, max_value=999, help_text="Small numbers come first."
    )
    is_public = forms.BooleanField(label="Show it to everybody", required=False)
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def text(self) -> HelpText:
        """Return what was typed as the domain takes it."""
        data = {name: value for name, value in self.cleaned_data.items() if name in HelpText.__dataclass_fields__}
        # Browsers send line breaks in pairs; the file of the catalogue has them single.
        return HelpText(**{**data, "body": data["body"].replace("\r\n", "\n")})


class NewHelpForm(HelpForm):
    """The same, with the address of the new page."""

    slug = forms.SlugField(
        label="Address",
        max_length=80,
        help_text="Lower-case letters, digits and hyphens. It stays: people keep links.",
        error_messages={"invalid": "Write lower-case letters, digits and hyphens, such as choosing-referees"},
    )
    field_order = ("title", "slug")

    def clean_slug(self) -> str:
        """An address in capitals would be another one."""
        slug: str = self.cleaned_data["slug"]
        return slug.lower()


def typed_of(entry: HelpEntry, seen_at: str) -> dict[str, Any]:
    """Return an entry as its form shows it."""
    names = ("title", "summary", "body", "topic", "steps", "order", "is_public")
    return {**{name: getattr(entry, name) for name in names}, "seen_at": seen_at}
