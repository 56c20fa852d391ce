"""Calibration: variances, standard errors, the review graph, and what is advised."""

import numpy as np
import pytest
from scipy.optimize import minimize

from matching import engine
from matching.engine.calibration import calibrate


def simulated(seed=1, n=60, m=8, per=3, application_sd=1.0, reviewer_sd=0.7, error_sd=0.5):
    random = np.random.default_rng(seed)
    quality, severity = application_sd * random.normal(size=n), reviewer_sd * random.normal(size=m)
    rows = [
        [i, int(j), float(6 + quality[i] + severity[j] + error_sd * random.normal())]
        for i in range(n)
        for j in random.choice(m, per, replace=False)
    ]
    return rows, quality, severity


def restricted_likelihood(rows, n, m, lambdas):
    """Minus twice the restricted log-likelihood from the dense covariance matrix: no mixed-model equations."""
    rows = np.array(rows)
    y, size = rows[:, 2], len(rows)
    a, b = np.eye(n)[rows[:, 0].astype(int)], np.eye(m)[rows[:, 1].astype(int)]
    v = np.eye(size) + a @ a.T / lambdas[0] + b @ b.T / lambdas[1]
    one = np.ones((size, 1))
    inverse = np.linalg.inv(v)
    middle = one.T @ inverse @ one
    p = inverse - inverse @ one @ np.linalg.inv(middle) @ one.T @ inverse
    return (size - 1) * np.log(y @ p @ y / (size - 1)) + np.linalg.slogdet(v)[1] + np.linalg.slogdet(middle)[1]


def test_reml_finds_the_top_of_the_dense_likelihood():
    rows, _, _ = simulated(n=25, m=6)
    found = calibrate(rows, 25, 6)
    direct = minimize(
        lambda logs: restricted_likelihood(rows, 25, 6, np.exp(logs)), [0.0, 0.0], method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-10},
    )  # fmt: skip

    mine = restricted_likelihood(rows, 25, 6, [found.lambda_application, found.lambda_reviewer])

    assert mine == pytest.approx(direct.fun, abs=1e-6)
    assert [found.lambda_application, found.lambda_reviewer] == pytest.approx(np.exp(direct.x).tolist(), rel=1e-2)


def test_standard_errors_are_those_of_the_dense_inverse():
    rows, _, _ = simulated(n=20, m=5)
    found = calibrate(rows, 20, 5, lambda_application=0.5, lambda_reviewer=0.8)
    design = np.zeros((len(rows), 26))
    for line, (i, j, _) in enumerate(rows):
        design[line, [0, 1 + i, 21 + j]] = 1
    penalty = np.diag([0.0] + [0.5] * 20 + [0.8] * 5)
    inverse = np.linalg.inv(design.T @ design + penalty)
    errors = np.sqrt(found.error_variance * np.diag(inverse))

    assert found.standard_error == pytest.approx(errors[1:21].tolist())
    assert found.reviewer_standard_error == pytest.approx(errors[21:].tolist())
    assert 0 < found.reliability < 1


def test_calibration_recovers_quality_better_than_raw_means():
    closer = 0
    for seed in range(10):
        rows, quality, _ = simulated(seed)
        found = calibrate(rows, 60, 8)
        adjusted = np.corrcoef(found.adjusted, quality)[0, 1]
        closer += adjusted > np.corrcoef(found.raw_mean, quality)[0, 1]
    assert closer >= 9


def test_intervals_cover_as_often_as_they_say():
    inside = total = 0
    for seed in range(20):
        rows, quality, severity = simulated(seed, n=80, m=10)
        found = calibrate(rows, 80, 10)
        truth = quality - quality.mean()
        effect = np.array(found.application_effect) - np.mean(found.application_effect)
        inside += int((np.abs(effect - truth) < 1.96 * np.array(found.standard_error)).sum())
        total += 80
        assert np.corrcoef(found.reviewer_effect, severity)[0, 1] > 0.8
    assert 0.92 < inside / total < 1


def test_groups_take_the_difference_between_tracks():
    """Two tracks with their own reviewers, one point apart: the difference is the tracks', not the applications'."""
    rows, _, _ = simulated(n=40, m=4)
    shifted = [[i, j, y + 2.0 * (i >= 20)] for i, j, y in rows]
    groups = [int(i >= 20) for i in range(40)]

    plain, grouped = calibrate(rows, 40, 4, groups=groups), calibrate(shifted, 40, 4, groups=groups)

    assert grouped.application_effect == pytest.approx(plain.application_effect, abs=1e-3)
    assert grouped.group_effect[1] - grouped.group_effect[0] == pytest.approx(
        plain.group_effect[1] - plain.group_effect[0] + 2, abs=1e-3
    )


def test_unlinked_corners_and_single_threads_are_told():
    two_corners = calibrate([[0, 0, 1], [1, 0, 2], [2, 1, 3], [3, 1, 4]], 4, 2)
    one_thread = calibrate([[0, 0, 1], [1, 0, 2], [1, 1, 2], [2, 1, 3], [3, 1, 4]], 4, 2)
    linked = calibrate([[0, 0, 1], [0, 1, 2], [1, 0, 2], [1, 1, 2]], 2, 2)

    assert [part.to_json() for part in two_corners.components] == [
        {"applications": [0, 1], "reviewers": [0]},
        {"applications": [2, 3], "reviewers": [1]},
    ]
    assert (two_corners.is_linked, one_thread.is_linked, linked.is_linked) == (False, True, True)
    assert one_thread.weak_links == [[1, 0], [1, 1]]
    assert linked.weak_links == []


def test_changes_at_the_cut_count_level_applications_together():
    rows, _, _ = simulated(n=30, m=5, per=2, reviewer_sd=1.5)
    found = calibrate(rows, 30, 5)

    changes = found.changes_at_cut(10)

    assert changes["enter"]
    assert not set(changes["enter"]) & set(changes["leave"])
    assert found.changes_at_cut(0) == found.changes_at_cut(30) == {"enter": [], "leave": []}


def test_an_unrated_application_is_told_apart_and_left_at_the_mean():
    found = calibrate([[0, 0, 1], [0, 1, 2], [2, 0, 4], [2, 1, 5]], 3, 2)

    assert found.raw_mean == [1.5, None, 4.5]
    assert found.application_effect[1] == pytest.approx(0)
    assert found.application_reliability[1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("rows", [[[0, 0, 3]], [[0, 0, 3], [0, 0, 3]], [[0, 0, 3], [1, 0, 3], [2, 0, 3]]])
def test_too_little_to_estimate_from_is_no_error(rows):
    found = calibrate(rows, 3, 1)

    assert found.mean == pytest.approx(3)
    assert np.isfinite(found.standard_error).all()


def test_bad_ratings_are_refused():
    with pytest.raises(engine.InstanceError, match=r"ratings\[1\]: unknown application 7 \(there are 2\)"):
        calibrate([[0, 0, 3], [7, 0, 3]], 2, 1)
    with pytest.raises(engine.InstanceError, match="groups: expected one group number"):
        calibrate([[0, 0, 3]], 2, 1, groups=[0])
