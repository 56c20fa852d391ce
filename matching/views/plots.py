"""Plots of a run, drawn as SVG images without script or style sheets."""

from html import escape

WIDTH, BAR, GAP, LEFT, RIGHT = 720, 24, 10, 150, 60


def bars(title: str, rows: list[tuple[str, int]], *, left: int = LEFT) -> str:
    """Return an SVG image of horizontal bars, one a row, with its number at the end of each; names get ``left`` pixels.

    It has no ground of its own: the page's style sheet turns it over in the dark, since an image cannot know where
    it stands.
    """
    height = (BAR + GAP) * len(rows) + GAP
    most = max((count for _label, count in rows), default=0) or 1
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img" font-family="sans-serif" font-size="15"><title>{escape(title)}</title>'
        )
    ]
    for index, (label, count) in enumerate(rows):
        top = GAP + index * (BAR + GAP)
        length = round((WIDTH - left - RIGHT) * count / most)
        base = top + BAR - 7
        parts.append(
            f'<text x="{left - 10}" y="{base}" text-anchor="end" fill="#23291f">{escape(label)}</text>'
            f'<rect x="{left}" y="{top}" width="{max(length, 1)}" height="{BAR}" fill="#2f6b52"/>'
            f'<text x="{left + length + 8}" y="{base}" fill="#23291f">{count}</text>'
        )
    return "".join([*parts, "</svg>"])
