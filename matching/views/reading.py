"""Read small values of a request."""


def whole_number(text: str | None) -> int | None:
    """Return ``text`` as a number from 0 to 9999, or ``None`` for anything else."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None
