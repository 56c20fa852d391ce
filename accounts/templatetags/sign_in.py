"""What the pages of the sign-in library need besides our components."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder

from accounts.domain.devices import device_name

register = template.Library()
register.filter(device_name)


@register.filter
def as_json(value: Any) -> str:
    """Write a value for a ``data-`` attribute; the template escapes it as any text."""
    return json.dumps(value, cls=DjangoJSONEncoder)
