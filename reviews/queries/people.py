"""Reviewers by their public id."""

from accounts.models import User


def reviewer_called(public_id: str) -> User:
    """Return the person whom a form's choice names."""
    return User.objects.get(public_id=public_id)
