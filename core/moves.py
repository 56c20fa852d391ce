"""What somebody has to do next: the unit that dashboards are made of."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OpenMove:
    """One thing to do, by when, and where. ``kind`` is the chip's kind: move, wait, done, warn, over, info, none."""

    label: str
    url: str
    state: str
    kind: str = "move"
    minutes: int | None = None
    due_at: datetime | None = None
    due_zone: str = "AoE"

    @property
    def is_open(self) -> bool:
        """Whether the person has to act."""
        return self.kind in {"move", "warn"}
