"""Plots drawn as SVG images without script or style sheets.

They are narrow, with names above their marks: on a telephone an image is shown at the width of the screen, and letters
drawn for a wide one could not be read. An image has no ground of its own: the page's style sheet turns it over in the
dark. Only what stands alone, in the documentation, brings a ground.
"""

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor

WIDTH, EDGE, ROW, TOP, FOOT = 440, 14, 42, 30, 26
PANEL, GAP = 128, 26
INK, MARK, FAINT, GROUND = "#23291f", "#2f6b52", "#666b60", "#faf7f1"
#: Distances between the marks of an axis.
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
#: So many characters of a name fit above its mark.
LONGEST = 52

Estimate = tuple[str, float | None, float | None, float | None]


def intervals(
    title: str,
    rows: Sequence[Estimate],
    *,
    left: str = "more severe",
    right: str = "more generous",
    reach: float = 0.5,
    ground: bool = False,
) -> str:
    """Return an image of one estimate a row with its interval around zero: name, estimate, low, high.

    A row without an estimate says so. The axis reaches ``reach`` to both sides, and further where an interval does.
    """
    reach = max([reach, *(abs(end) for _, *ends in rows for end in ends if end is not None)]) * 1.05
    return _estimates(title, rows, low=-reach, high=reach, words=(left, right), ground=ground)


def on_scale(title: str, rows: Sequence[Estimate], *, left: str, right: str) -> str:
    """Return an image of one estimate a row with its interval between 0 and 1, or lower where an interval is."""
    low = min([0.0, *(ends[1] for _, *ends in rows if ends[1] is not None)])
    return _estimates(title, rows, low=max(low, -1.0), high=1.0, words=(left, right))


def _estimates(
    title: str, rows: Sequence[Estimate], *, low: float, high: float, words: tuple[str, str], ground: bool = False
) -> str:
    height = TOP + ROW * len(rows) + FOOT
    span = WIDTH - 2 * EDGE

    def at(value: float) -> float:
        return round(EDGE + span * (min(max(value, low), high) - low) / (high - low), 1)

    parts = [
        f'<text x="{EDGE}" y="18" fill="{FAINT}">{escape(words[0])}</text>',
        f'<text x="{WIDTH - EDGE}" y="18" text-anchor="end" fill="{FAINT}">{escape(words[1])}</text>',
        *_axis(low, high, at, len(rows)),
    ]
    for index, (name, estimate, lower, upper) in enumerate(rows):
        top = TOP + ROW * index
        y = top + 30
        words_of_row = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
        known = estimate is not None and lower is not None and upper is not None
        parts.append(
            f'<text x="{EDGE}" y="{top + 17}" fill="{INK if known else FAINT}">{escape(words_of_row)}'
            f"{'' if known else ': too few'}</text>"
        )
        if estimate is not None and lower is not None and upper is not None:
            parts.append(
                f'<line x1="{at(lower)}" y1="{y}" x2="{at(upper)}" y2="{y}" stroke="{MARK}" stroke-width="2"/>'
                f'<circle cx="{at(estimate)}" cy="{y}" r="5" fill="{MARK}"/>'
            )
    return _image(title, height, parts, ground=ground)


def _axis(low: float, high: float, at: Callable[[float], float], n_rows: int) -> list[str]:
    """Return the marks of an axis: round numbers below, and beside each estimate a short line for each of them.

    Lines through the whole plot would cross the names.
    """
    step = next((step for step in STEPS if (high - low) / step <= 8), STEPS[-1])
    bottom = TOP + ROW * n_rows + 18
    parts = []
    for number in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1):
        x = at(number * step)
        strength = ' stroke-width="1.5"' if number == 0 else ' stroke-opacity="0.45"'
        lines = "".join(f"M{x} {TOP + ROW * row + 22}v16" for row in range(n_rows))
        parts.append(f'<path d="{lines}" stroke="{FAINT}" fill="none"{strength}/>')
        words = _number(number * step, step)
        parts.append(f'<text x="{x}" y="{bottom}" text-anchor="middle" fill="{FAINT}" font-size="12">{words}</text>')
    return parts


def _number(value: float, step: float) -> str:
    places = 2 if step < 0.1 or step == 0.25 else 1
    return f"{value:.{places}f}".replace("-", "−")


def histograms(title: str, panels: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> str:
    """Return small histograms of one hue, two beside each other where there are several: name, (label, count) a bar."""
    n_columns = 1 if len(panels) == 1 else 2
    width = (WIDTH - EDGE * (n_columns + 1)) / n_columns
    n_rows = ceil(len(panels) / n_columns)
    height = (PANEL + GAP) * n_rows + EDGE
    parts = []
    for index, (name, bars) in enumerate(panels):
        left = EDGE + (index % n_columns) * (width + EDGE)
        parts += _histogram(name, bars, left, EDGE + (index // n_columns) * (PANEL + GAP), width)
    return _image(title, height, parts)


def _histogram(name: str, bars: Sequence[tuple[str, int]], left: float, top: float, width: float) -> list[str]:
    fits = int(width / 7)
    words = name if len(name) <= fits else name[: fits - 1] + "…"
    base, most = top + PANEL - 16, max((count for _, count in bars), default=0) or 1
    step = width / max(len(bars), 1)
    parts = [
        f'<text x="{left:.1f}" y="{top + 12:.1f}" fill="{INK}">{escape(words)}</text>',
        f'<line x1="{left:.1f}" y1="{base}" x2="{left + width:.1f}" y2="{base}" stroke="{FAINT}"/>',
    ]
    for number, (label, count) in enumerate(bars):
        x, tall = left + number * step, round((PANEL - 52) * count / most, 1)
        middle = x + step / 2
        if count:
            parts.append(
                f'<rect x="{x + 2:.1f}" y="{base - tall:.1f}" width="{step - 4:.1f}" height="{tall}" fill="{MARK}"/>'
                f'<text x="{middle:.1f}" y="{base - tall - 4:.1f}" text-anchor="middle" fill="{INK}" font-size="12">'
                f"{count}</text>"
            )
        parts.append(
            f'<text x="{middle:.1f}" y="{base + 15}" text-anchor="middle" fill="{FAINT}" font-size="12">'
            f"{escape(label)}</text>"
        )
    return parts


def _image(title: str, height: float, parts: Sequence[str], *, ground: bool = False) -> str:
    paper = f'<rect width="{WIDTH}" height="{height}" fill="{GROUND}"/>' if ground else ""
    inside = f"<title>{escape(title)}</title>{paper}{''.join(parts)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" font-family="sans-serif" font-size="14">{inside}</svg>'
    )
