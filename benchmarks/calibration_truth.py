"""Raw and adjusted scores beside the truth: applications of known quality, readers of known severity.

``make calibration`` prints the tables and draws docs/calibration.md and its plot again. Nothing of the engine is known
to the simulation: scores are drawn here, and only ``calibrate`` and ``crossing`` are asked.

A score is 3 + level of the track + quality + severity of the reader + error, kept on the scale from 1 to 5 and rounded
to fifths, as a rubric of five equal criteria gives it. Quality and severity count on the scale of scores.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import kendalltau

from matching.engine import Calibration, calibrate
from mats_portal.desk.plots import intervals
from reviews.engine.one_more import NextReading, crossing

SCALE = (1.0, 5.0)
#: So many of the best go on, where errors at the line are counted.
GOES_ON = 1 / 3
TWO_SIDED_95 = 1.96
#: A reader who leaves no trace in the fit: severity is not allowed for, means are only drawn in.
NO_SEVERITY = 1e9
SEEDS = 200
METHODS = ("raw", "drawn in", "adjusted", "own mean off")
BETWEEN = ("raw", "adjusted", "own mean off")


@dataclass(frozen=True)
class Setting:
    """One kind of review. ``quality`` and so on are standard deviations; ``crossing`` is the share of linking reads."""

    name: str
    given: str  # "at random", "by track" or "in pairs"
    n: int = 220
    readers: int = 20
    tracks: int = 4
    reads: int = 2
    crossing: float = 0.0
    quality: float = 0.7
    severity: float = 0.5
    error: float = 0.6
    level: float = 0.3


#: The kinds of assignment, at the size of one cycle.
WAYS = (
    Setting("at random", "at random"),
    Setting("by track, one read in ten links tracks", "by track", crossing=0.1),
    Setting("by track, no links", "by track"),
    Setting("in fixed pairs of readers, no links", "in pairs"),
)
#: Where adjusting pays and where it does not: everything at random.
LIMITS = (
    *(replace(WAYS[0], name=f"severity differs by {sd:.2f}", severity=sd) for sd in (0.0, 0.1, 0.2, 0.35, 0.7)),
    replace(WAYS[0], name="3 reads each", reads=3),
    replace(WAYS[0], name="4 texts a reader, severity 0.50", n=40, tracks=1),
    replace(WAYS[0], name="4 texts a reader, severity 0.20", n=40, tracks=1, severity=0.2),
    replace(WAYS[0], name="4 texts a reader, severity 0", n=40, tracks=1, severity=0.0),
    replace(WAYS[0], name="20 texts and 10 readers, severity 0.20", n=20, readers=10, tracks=1, severity=0.2),
)


@dataclass(frozen=True)
class World:
    """One draw: the truth, and who scored what."""

    ratings: list[list[float]]
    truth: np.ndarray
    quality: np.ndarray
    severity: np.ndarray
    track: np.ndarray


@dataclass(frozen=True)
class Estimate:
    """A mean over draws with half the width of its 95 % interval."""

    value: float
    half: float

    @property
    def low(self) -> float:
        """The lower end."""
        return self.value - self.half

    @property
    def high(self) -> float:
        """The upper end."""
        return self.value + self.half

    def __format__(self, spec: str) -> str:
        return f"{self.value:{spec}} ± {self.half:{spec.lstrip('+')}}"


@dataclass(frozen=True)
class Row:
    """One setting: measures by method, and the gain of adjusted over raw on the same draws."""

    setting: Setting
    error: dict[str, Estimate]
    between: dict[str, Estimate]
    rank: dict[str, Estimate]
    misplaced: dict[str, Estimate]
    gain: Estimate  # in Kendall's tau
    gain_over_drawn_in: Estimate
    warned: float  # share of draws in which the reads do not hang together


def draw(setting: Setting, seed: int) -> World:
    """Return one draw; equal seeds give equal worlds."""
    random = np.random.default_rng(seed)
    track = np.arange(setting.n) % setting.tracks
    level = setting.level * random.normal(size=setting.tracks)
    quality = setting.quality * random.normal(size=setting.n)
    severity = setting.severity * random.normal(size=setting.readers)
    truth = level[track] + quality
    ratings = [
        [row, reader, _score(3 + truth[row] + severity[reader] + setting.error * random.normal())]
        for row in range(setting.n)
        for reader in _readers(setting, row, int(track[row]), random)
    ]
    return World(ratings, truth, quality, severity, track)


def _score(value: float) -> float:
    return round(float(np.clip(value, *SCALE)) * 5) / 5


def _readers(setting: Setting, row: int, track: int, random: np.random.Generator) -> list[int]:
    """Return who reads one application."""
    everybody = np.arange(setting.readers)
    if setting.given == "at random":
        return random.choice(everybody, setting.reads, replace=False).tolist()
    own = everybody[everybody % setting.tracks == track]
    if setting.given == "in pairs":
        pair = int(random.integers(len(own) // setting.reads)) * setting.reads
        return own[pair : pair + setting.reads].tolist()
    chosen = random.choice(own, setting.reads, replace=False).tolist()
    if random.random() < setting.crossing * setting.reads:
        chosen[-1] = int(random.choice(np.setdiff1d(everybody, own)))
    return chosen


def fitted(world: World, **options: float) -> Calibration:
    """Ask the engine as the agreement page does: with the track as a fixed effect."""
    return calibrate(world.ratings, len(world.truth), len(world.severity), groups=world.track.tolist(), **options)


def scores_of(world: World, found: Calibration) -> dict[str, np.ndarray]:
    """Return the scores of every method, one an application."""
    rows = np.array(world.ratings)
    row, reader = rows[:, 0].astype(int), rows[:, 1].astype(int)
    own_mean = np.bincount(reader, rows[:, 2]) / np.maximum(np.bincount(reader), 1)
    counts = np.bincount(row, minlength=len(world.truth))
    return {
        "raw": np.array(found.raw_mean, float),
        "drawn in": np.array(fitted(world, lambda_reviewer=NO_SEVERITY).adjusted),
        "adjusted": np.array(found.adjusted),
        "own mean off": np.bincount(row, rows[:, 2] - own_mean[reader], len(world.truth)) / counts,
    }


def root_error(score: np.ndarray, world: World) -> float:
    """Return the root mean square error up to a constant: that all readers are severe together, nobody can know."""
    return float(np.std(score - world.truth))


def error_between(score: np.ndarray, world: World) -> float:
    """Return the same of the mean scores of the tracks."""
    of_track = np.array([(score - world.truth)[world.track == one].mean() for one in np.unique(world.track)])
    return float(np.std(of_track))


def rank_agreement(score: np.ndarray, world: World) -> float:
    """Return Kendall's tau-b between a score and the truth."""
    return float(kendalltau(score, world.truth).statistic)


def share_misplaced(score: np.ndarray, world: World) -> float:
    """Return which share of those who should go on does not, if as many go on by score; ties share their places."""
    n = round(len(score) * GOES_ON)
    best = world.truth >= np.sort(world.truth)[-n]
    line = np.sort(score)[-n]
    above, level = score > line, score == line
    taken = above[best].sum() + level[best].sum() * (n - above.sum()) / level.sum()
    return float(1 - taken / n)


MEASURES: tuple[Callable[[np.ndarray, World], float], ...] = (
    root_error, error_between, rank_agreement, share_misplaced,
)  # fmt: skip


def measured(setting: Setting, seeds: Sequence[int]) -> Row:
    """Return one setting's row over these draws."""
    kept: dict[tuple[Callable, str], list[float]] = {(one, way): [] for one in MEASURES for way in METHODS}
    warned = 0
    for seed in seeds:
        world = draw(setting, seed)
        found = fitted(world)
        warned += not found.is_linked
        for method, score in scores_of(world, found).items():
            for measure in MEASURES:
                kept[measure, method].append(measure(score, world))
    by_measure = [{method: _estimate(kept[measure, method]) for method in METHODS} for measure in MEASURES]
    tau = {method: np.array(kept[rank_agreement, method]) for method in METHODS}
    return Row(
        setting,
        *by_measure,
        gain=_estimate(tau["adjusted"] - tau["raw"]),
        gain_over_drawn_in=_estimate(tau["adjusted"] - tau["drawn in"]),
        warned=warned / len(seeds),
    )


def _estimate(values: Sequence[float] | np.ndarray) -> Estimate:
    array = np.asarray(values)
    return Estimate(float(array.mean()), float(TWO_SIDED_95 * array.std(ddof=1) / len(array) ** 0.5))


@dataclass(frozen=True)
class Told:
    """Files for which a chance between ``low`` and ``high`` was told, and how many did cross."""

    low: float
    high: float
    n: int
    told: float
    crossed: float


BANDS = (0.0, 0.02, 0.1, 0.2, 0.3, 0.4, 0.6)


def one_more(setting: Setting, seeds: Sequence[int]) -> list[Told]:
    """Tell each file's chance that one reading more changes its side, have it read by somebody, and count."""
    told, crossed = [], []
    for seed in seeds:
        world = draw(setting, seed)
        found, random = fitted(world), np.random.default_rng(seed + 1_000_000)
        coming = NextReading(found.error_variance / found.lambda_reviewer, found.error_variance, *SCALE)
        counts = np.bincount([int(row) for row, _, _ in world.ratings], minlength=setting.n)
        readers = [{int(one) for at, one, _ in world.ratings if at == row} for row in range(setting.n)]
        raw = np.array(found.raw_mean, float)
        line = float(np.round(np.sort(raw)[-round(setting.n * GOES_ON)], 2))
        for row in range(setting.n):
            others = sorted(set(range(setting.readers)) - readers[row])
            reader = int(random.choice(others))
            score = _score(3 + world.truth[row] + world.severity[reader] + setting.error * random.normal())
            after = (counts[row] * raw[row] + score) / (counts[row] + 1)
            chance = crossing(
                raw=raw[row], n_reads=int(counts[row]), line=line, adjusted=found.adjusted[row],
                standard_error=found.standard_error[row], coming=coming,
            )  # fmt: skip
            told.append(chance)
            crossed.append((after >= line) != (raw[row] >= line))
    return _in_bands(np.array(told), np.array(crossed))


def _in_bands(told: np.ndarray, crossed: np.ndarray) -> list[Told]:
    band = np.searchsorted(BANDS, told, side="right") - 1
    return [
        Told(
            low,
            BANDS[number + 1] if number + 1 < len(BANDS) else 1.0,
            int((band == number).sum()),
            float(told[band == number].mean()),
            float(crossed[band == number].mean()),
        )
        for number, low in enumerate(BANDS)
        if (band == number).any()
    ]


def table_of_errors(rows: Sequence[Row]) -> str:
    """Return the errors on the scale of scores as a table in Markdown."""
    heads = ["how reading is given out", "reported as not linked", *METHODS, *(f"tracks, {one}" for one in BETWEEN)]
    lines = [f"| {' | '.join(heads)} |", "| --- " + "| ---: " * (len(heads) - 1) + "|"]
    for row in rows:
        cells = [row.setting.name, f"{row.warned:.0%} of draws", *(f"{row.error[way].value:.2f}" for way in METHODS)]
        lines.append(f"| {' | '.join([*cells, *(f'{row.between[way].value:.2f}' for way in BETWEEN)])} |")
    return "\n".join(lines)


def table_of_ranks(rows: Sequence[Row]) -> str:
    """Return how well the order is found as a table in Markdown, with the gain of adjusted over raw scores."""
    heads = ["", "raw", "adjusted", "gained", "gained over drawn in", "misplaced, raw", "misplaced, adjusted"]
    lines = [f"| {' | '.join(heads)} |", "| --- " + "| ---: " * (len(heads) - 1) + "|"]
    for row in rows:
        cells = [
            row.setting.name,
            *(f"{row.rank[method].value:.3f}" for method in ("raw", "adjusted")),
            f"{row.gain:+.3f}",
            f"{row.gain_over_drawn_in:+.3f}",
            *(f"{row.misplaced[method].value:.1%}" for method in ("raw", "adjusted")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def table_of_told(rows: Sequence[Told]) -> str:
    """Return told and true frequencies as a table in Markdown."""
    lines = ["| told | files | mean told | crossed |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {one.low:.0%} to {one.high:.0%} | {one.n:,} | {one.told:.1%} | {one.crossed:.1%} |" for one in rows]
    return "\n".join(lines)


def plot_of(rows: Sequence[Row]) -> str:
    """Return the gain of each setting with its interval, as an image that stands on a ground of its own."""
    return intervals(
        "Kendall’s tau with the truth: adjusted less raw, 95 % intervals",
        [(row.setting.name, row.gain.value, row.gain.low, row.gain.high) for row in rows],
        left="adjusting harms",
        right="adjusting helps",
        reach=0.05,
        ground=True,
    )


PAGE, PLOT = Path("docs/calibration.md"), Path("docs/plots/calibration.svg")
MARKS = {name: (f"<!-- {name}: drawn by benchmarks.calibration_truth -->", f"<!-- end of {name} -->") for name in
         ("errors", "ranks", "one more")}  # fmt: skip


def with_tables(page: str, tables: dict[str, str]) -> str:
    """Return the page with its tables drawn anew between their marks."""
    for name, table in tables.items():
        begin, end = MARKS[name]
        before, rest = page.split(begin)
        page = f"{before}{begin}\n\n{table}\n\n{end}{rest.split(end)[1]}"
    return page


def main() -> None:
    """Measure, print, and with ``--write`` draw the page of the documentation again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="draws of each setting")
    parser.add_argument("--write", action="store_true", help=f"draw {PAGE} and {PLOT} again")
    asked = parser.parse_args()
    seeds = range(asked.seeds)
    ways, limits = ([measured(setting, seeds) for setting in settings] for settings in (WAYS, LIMITS))
    tables = {
        "errors": table_of_errors(ways),
        "ranks": table_of_ranks([*ways, *limits]),
        "one more": table_of_told(one_more(WAYS[1], seeds)),
    }
    for table in tables.values():
        print(f"{table}\n")
    if asked.write:
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
        PLOT.parent.mkdir(exist_ok=True)
        PLOT.write_text(plot_of([*ways, *limits]), encoding="utf-8")


if __name__ == "__main__":
    main()
