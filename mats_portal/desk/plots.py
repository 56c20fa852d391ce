"""Plots drawn as SVG images without script or style sheets."""

from collections.abc import Sequence
from html import escape

WIDTH, ROW, LEFT, RIGHT, TOP = 720, 30, 190, 40, 34
INK, MARK, FAINT = "#23291f", "#2f6b52", "#8a8f83"


def intervals(title: str, rows: Sequence[tuple[str, float | None, float | None, float | None]]) -> str:
    """Return an SVG image of one estimate a row with its interval around zero: name, estimate, low, high.

    A row without an estimate says so. It has no ground of its own: the page's style sheet turns it over in the dark.
    """
    known = [abs(end) for _, *ends in rows for end in ends if end is not None]
    reach = max([0.5, *known]) * 1.05
    middle, half = LEFT + (WIDTH - LEFT - RIGHT) / 2, (WIDTH - LEFT - RIGHT) / 2
    height = TOP + ROW * len(rows) + 10

    def at(value: float) -> float:
        return round(middle + half * value / reach, 1)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img" font-family="sans-serif" font-size="14"><title>{escape(title)}</title>'
        ),
        f'<line x1="{middle}" y1="{TOP - 8}" x2="{middle}" y2="{height - 4}" stroke="{FAINT}" stroke-dasharray="3 3"/>',
        f'<text x="{LEFT}" y="16" fill="{INK}">more severe</text>',
        f'<text x="{WIDTH - RIGHT}" y="16" text-anchor="end" fill="{INK}">more generous</text>',
    ]
    for index, (name, estimate, low, high) in enumerate(rows):
        y = TOP + ROW * index + ROW / 2
        words = name if len(name) <= 24 else name[:23] + "…"
        parts.append(f'<text x="{LEFT - 12}" y="{y + 5}" text-anchor="end" fill="{INK}">{escape(words)}</text>')
        if estimate is None or low is None or high is None:
            parts.append(f'<text x="{middle + 8}" y="{y + 5}" fill="{FAINT}">too few</text>')
            continue
        parts.append(
            f'<line x1="{at(low)}" y1="{y}" x2="{at(high)}" y2="{y}" stroke="{MARK}" stroke-width="2"/>'
            f'<circle cx="{at(estimate)}" cy="{y}" r="5" fill="{MARK}"/>'
        )
    return "".join([*parts, "</svg>"])
