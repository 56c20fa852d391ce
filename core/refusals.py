"""The one exception for "understood, permitted, not possible now"."""


class Refused(Exception):
    """An act that the person may ask for and that cannot be done in the present state.

    The text is a whole sentence shown to the person: it gives away nothing that they may not know.
    """


class Stale(Refused):
    """The person acted on an older version. ``current`` holds what is stored now, so that both can be shown."""

    def __init__(self, message: str, current: object) -> None:
        super().__init__(message)
        self.current = current
