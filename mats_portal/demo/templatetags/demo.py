"""Invented people on the sign-in page; loaded in the demo alone."""

from django import template

from mats_portal.demo import queries

register = template.Library()


@register.simple_tag
def demo_accounts() -> list[queries.Account]:
    """Return one invented person for each role, and a few applicants."""
    return queries.sign_in_examples()
