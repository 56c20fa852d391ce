"""A number on a page of staff."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number with its words and the page that explains it."""

    label: str
    value: int | str
    url: str = ""
    note: str = ""
