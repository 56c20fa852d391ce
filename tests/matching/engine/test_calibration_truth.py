"""Adjusted scores beside a known truth, on few draws; docs/calibration.md holds the same for many."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import calibration_truth as simulation
from benchmarks.calibration_truth import LIMITS, WAYS, Row, measured, one_more

SEEDS = range(15)


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {setting.name: measured(setting, SEEDS) for setting in WAYS}


@pytest.mark.parametrize("setting", WAYS[:2], ids=lambda one: one.name)
def test_adjusted_is_nearer_to_the_truth_where_reads_hang_together(rows: dict[str, Row], setting) -> None:
    row = rows[setting.name]

    assert row.error["adjusted"].high < row.error["raw"].low
    assert row.error["adjusted"].high < row.error["drawn in"].low
    assert row.gain.low > 0.02
    assert row.gain_over_drawn_in.low > 0.02
    assert row.misplaced["adjusted"].value < row.misplaced["raw"].value


def test_missing_links_are_reported_in_every_draw_and_only_there(rows: dict[str, Row]) -> None:
    assert [rows[setting.name].warned for setting in WAYS] == [0, 0, 1, 1]


def test_nothing_is_gained_between_tracks_without_links(rows: dict[str, Row]) -> None:
    """This is why nothing is claimed there; with links something is gained."""
    linked, apart = rows[WAYS[1].name].between, rows[WAYS[2].name].between

    assert apart["adjusted"].value == pytest.approx(apart["raw"].value, rel=0.1)
    assert linked["adjusted"].value < 0.85 * linked["raw"].value


def test_adjusting_does_a_little_harm_where_readers_do_not_differ() -> None:
    row = measured(next(one for one in LIMITS if one.severity == 0 and one.n == 220), range(40))

    assert -0.02 < row.gain.value < 0
    assert row.gain.high < 0


def test_told_chances_of_one_more_reading_come_true() -> None:
    told = one_more(WAYS[1], SEEDS)

    assert sum(one.n for one in told) == 220 * len(SEEDS)
    assert [one.crossed for one in told] == sorted(one.crossed for one in told)
    for one in told:
        assert one.crossed == pytest.approx(one.told, abs=0.02 + 2.6 * (one.told * (1 - one.told) / one.n) ** 0.5)


def test_control_chance_that_knows_nothing_of_the_next_reader_is_found_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the next reader's severity left out, sure sides would be told too sure."""
    setting = replace(WAYS[1], severity=1.2)
    honest = one_more(setting, range(10))
    asked = simulation.crossing
    monkeypatch.setattr(
        simulation, "crossing", lambda *, coming, **rest: asked(coming=replace(coming, reader_variance=0.0), **rest)
    )
    blind = one_more(setting, range(10))

    def gap(rows) -> float:
        return float(np.average([abs(one.told - one.crossed) for one in rows], weights=[one.n for one in rows]))

    assert gap(blind) > 2 * gap(honest)


def test_page_has_a_row_for_every_setting_and_the_plot_stands_on_its_own_ground() -> None:
    page = Path(simulation.PAGE).read_text(encoding="utf-8")
    plot = Path(simulation.PLOT).read_text(encoding="utf-8")

    for setting in (*WAYS, *LIMITS):
        assert f"| {setting.name} |" in page
        assert setting.name in plot
    assert plot.count("<circle") == len(WAYS) + len(LIMITS)
    assert "<rect" in plot.split("<text")[0]
    again = simulation.with_tables(page, {"errors": "| new |"})
    assert again.count("| new |") == 1
    assert simulation.MARKS["ranks"][0] in again
