"""Where readers of one text are apart."""

from collections.abc import Mapping, Sequence

#: The levels of one reading by criterion code; ``None`` is "cannot tell".
Levels = Mapping[str, int | None]


def widest(own: int | None, others: Sequence[int | None]) -> int:
    """Return how far ``own`` level is from the farthest of ``others``; who cannot tell is apart from nobody."""
    if own is None:
        return 0
    return max((abs(own - other) for other in others if other is not None), default=0)


def apart(own: Levels, others: Sequence[Levels], difference: int) -> list[str]:
    """Return the criteria on which ``own`` levels differ from somebody's by ``difference``; 0 asks for none."""
    if difference <= 0:
        return []
    return [code for code, level in own.items() if widest(level, [one.get(code) for one in others]) >= difference]
