"""Identifiers that may stand in an address."""

import secrets


def public_id() -> str:
    """Return an unguessable identifier (128 random bits, 22 URL-safe characters). It is still checked at every use."""
    return secrets.token_urlsafe(16)


#: No vowels, no look-alikes: a reference is read over the phone and must not spell a word.
REFERENCE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"


def reference(prefix: str) -> str:
    """Return a short reference for people, such as ``26A-K7QF-3M`` (27**6, about 387 million per prefix)."""
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(6))
    return f"{prefix}-{letters[:4]}-{letters[4:]}"
