"""How a form's fields are drawn."""

from django import forms, template
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.safestring import SafeString

register = template.Library()

AUTOCOMPLETE = {
    "email": "email",
    "login": "email",
    "display_name": "name",
    "name": "name",
    "full_name": "name",
    "legal_name": "name",
    "given_name": "given-name",
    "family_name": "family-name",
    "phone": "tel",
    "organisation": "organization",
}
INPUT_MODES: dict[type[forms.Field], str] = {
    forms.EmailField: "email",
    forms.URLField: "url",
    forms.DecimalField: "decimal",
    forms.IntegerField: "numeric",
}
CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.NumberInput, "form-control input-number"),
    (forms.DateInput, "form-control input-date"),
    (forms.Widget, "form-control"),
)


@register.filter
def is_group(field: BoundField) -> bool:
    """Tell whether a field is a set of radio buttons or boxes, which needs a fieldset."""
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.filter
def is_tick(field: BoundField) -> bool:
    """Tell whether a field is a single box with its label behind it."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def described_by(field: BoundField) -> str:
    """Name the elements which explain a field: its help, then its error."""
    parts = [f"{field.auto_id}_helptext"] if field.help_text else []
    return " ".join(parts + ([f"{field.auto_id}_error"] if field.errors else []))


@register.simple_tag
def field_input(field: BoundField) -> SafeString:
    """Draw a field's control with its class, its explanation and what helps a keyboard or a browser to fill it."""
    widget = field.field.widget
    given = widget.attrs.get("class", "")
    attrs: dict[str, str | bool] = {
        "class": f"{next(name for kind, name in CLASSES if isinstance(widget, kind))} {given}".strip()
    }
    if described := described_by(field):
        attrs["aria-describedby"] = described
    if field.errors:
        attrs["aria-invalid"] = "true"
    mode = next((mode for kind, mode in INPUT_MODES.items() if isinstance(field.field, kind)), None)
    if mode and "inputmode" not in widget.attrs and isinstance(widget, forms.TextInput):
        attrs["inputmode"] = mode
    if "autocomplete" not in widget.attrs and field.name in AUTOCOMPLETE:
        attrs["autocomplete"] = AUTOCOMPLETE[field.name]
    return field.as_widget(attrs=attrs)


@register.simple_tag
def choice_input(choice: BoundWidget, field: BoundField) -> SafeString:
    """Draw one radio button or box of a group, without its label."""
    choice.data["attrs"]["class"] = "form-check-input"
    if field.errors:
        choice.data["attrs"]["aria-invalid"] = "true"
    return choice.tag(wrap_label=False)
