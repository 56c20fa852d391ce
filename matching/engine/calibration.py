"""Calibration of review scores: how severe is each reviewer, how good is each application, how sure can we be?

Crossed random effects, score = mean (+ fixed effect of a group) + application + reviewer + error; variances by REML
(Patterson & Thompson 1971), effects by best linear unbiased prediction from the mixed-model equations (Henderson 1975;
Searle, Casella & McCulloch 1992). Applications, the large side, have a diagonal block and are eliminated by hand, so
the dense system left is as large as the number of reviewers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.sparse import csr_array

from matching.engine.instance import InstanceError
from matching.engine.review_graph import Component, components_of, weak_links_of
from matching.engine.version import ENGINE_VERSION

LAMBDA_RANGE = (1e-6, 1e9)  # outside, the equations lose their digits
LOG_LAMBDA_LIMIT = 9.0  # beyond e^9 an effect is shrunk to nothing in single precision


@dataclass(frozen=True)
class Calibration:
    """Adjusted effects beside what they rest on. Adjusted scores advise; they count only where ``is_linked``."""

    mean: float
    group_effect: list[float]
    application_effect: list[float]
    reviewer_effect: list[float]
    standard_error: list[float]
    reviewer_standard_error: list[float]
    raw_mean: list[float | None]
    adjusted: list[float]
    lambda_application: float
    lambda_reviewer: float
    error_variance: float
    reliability: float
    application_reliability: list[float]
    components: list[Component]
    weak_links: list[list[int]]
    engine_version: str = ENGINE_VERSION

    @property
    def is_linked(self) -> bool:
        """Whether all ratings hang together: only then can reviewers of different corners be compared."""
        return len(self.components) <= 1

    def to_json(self) -> dict[str, Any]:
        shape = {name: getattr(self, name) for name in self.__dataclass_fields__}
        shape["components"] = [part.to_json() for part in self.components]
        return {**shape, "is_linked": self.is_linked}

    def changes_at_cut(self, n_selected: int) -> dict[str, list[int]]:
        """Return which applications enter and leave the best ``n_selected`` if adjusted scores replaced raw means.

        Level applications at a cut are all counted as selected, so that no order of rows decides.
        """
        raw = _at_or_above_cut([-np.inf if mean is None else mean for mean in self.raw_mean], n_selected)
        adjusted = _at_or_above_cut(self.adjusted, n_selected)
        return {"enter": sorted(adjusted - raw), "leave": sorted(raw - adjusted)}


def calibrate(
    ratings: Sequence[Sequence[float]],
    n_applications: int,
    n_reviewers: int,
    *,
    lambda_application: float | None = None,
    lambda_reviewer: float | None = None,
    groups: Sequence[int] | None = None,
) -> Calibration:
    """Separate applications from reviewers in ``ratings`` (``[application, reviewer, score]``).

    ``lambda_*`` is error variance over effect variance; those left ``None`` are estimated by REML. ``groups`` gives
    each application's track, round or form version: a fixed effect, unpenalised like the mean. Raises
    ``InstanceError`` for a rating that names what does not exist or is no finite number.
    """
    application, reviewer, score = _read(ratings, n_applications, n_reviewers)
    group = _read_groups(groups, n_applications)
    for name, value in (("lambda_application", lambda_application), ("lambda_reviewer", lambda_reviewer)):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (is_number and LAMBDA_RANGE[0] <= value <= LAMBDA_RANGE[1]):
            usable = "from {:g} to {:g}".format(*LAMBDA_RANGE)
            raise InstanceError(f"{name}: expected a number above zero ({usable}), or null, got {value!r}")
    equations = _Equations(application, reviewer, score, group[application], n_applications, n_reviewers)
    lambdas = equations.reml(lambda_application, lambda_reviewer)
    return _result(equations, lambdas, group)


class _Equations:
    """The mixed-model equations with the applications eliminated; built once, solved for any pair of lambdas."""

    def __init__(self, application, reviewer, score, group, n_applications, n_reviewers) -> None:
        self.application, self.reviewer, self.score = application, reviewer, score
        self.n, self.m = n_applications, n_reviewers
        # Columns of the system that is left: the level of each group that has a rating, then the reviewers.
        self.groups, level = np.unique(group, return_inverse=True)
        self.p = len(self.groups)
        self.columns = columns = np.column_stack([level, self.p + reviewer])
        self.count = np.bincount(application, minlength=self.n).astype(float)
        self.sum = np.bincount(application, weights=score, minlength=self.n)
        self.size = self.p + self.m
        self.right = self._by_column(score)
        self.own = np.zeros((self.size, self.size))
        for a in (0, 1):
            for b in (0, 1):
                np.add.at(self.own, (columns[:, a], columns[:, b]), 1.0)
        self.per_application = self._incidence()

    def _by_column(self, weight: np.ndarray) -> np.ndarray:
        level, reviewer = (np.bincount(self.columns[:, a], weights=weight, minlength=self.size) for a in (0, 1))
        return level + reviewer

    def _incidence(self) -> csr_array:
        rows = np.repeat(self.application, 2)
        return csr_array((np.ones(len(rows)), (rows, self.columns.ravel())), shape=(self.n, self.size))

    def solve(self, lambda_application: float, lambda_reviewer: float):
        """Return (left matrix's factor, solution of fixed and reviewers, application effects)."""
        weight = 1.0 / (self.count + lambda_application)
        scaled = self.per_application * weight[:, None]
        left = self.own - (self.per_application.T @ scaled).toarray()
        left[self.p :, self.p :] += lambda_reviewer * np.eye(self.m)
        right = self.right - scaled.T @ self.sum
        factor = cho_factor(left, lower=True)
        solution = cho_solve(factor, right)
        effect = weight * (self.sum - self.per_application @ solution)
        return factor, solution, effect

    def residual_sum(self, solution: np.ndarray, effect: np.ndarray) -> float:
        """Return y'Py in units of the error variance: y'y minus what the equations explain."""
        return float(self.score @ self.score - solution @ self.right - effect @ self.sum)

    def reml(self, lambda_application: float | None, lambda_reviewer: float | None) -> tuple[float, float]:
        """Return the given lambdas, the missing ones by maximising the restricted likelihood.

        A short grid finds the basin, Nelder-Mead the bottom: the function is smooth, with one or two unknowns.
        """
        if lambda_application is not None and lambda_reviewer is not None:
            return float(lambda_application), float(lambda_reviewer)
        fixed = (lambda_application, lambda_reviewer)

        def full(logs: Sequence[float]) -> tuple[float, float]:
            free = iter(np.clip(logs, -LOG_LAMBDA_LIMIT, LOG_LAMBDA_LIMIT))
            first, second = (np.exp(next(free)) if value is None else value for value in fixed)
            return float(first), float(second)

        n_free = fixed.count(None)
        if len(self.score) <= self.p + 1:
            return full([0.0] * n_free)  # nothing to estimate from: equal variances
        starts = np.array(np.meshgrid(*[np.linspace(-3, 5, 5)] * n_free)).reshape(n_free, -1).T
        best = min(starts.tolist(), key=lambda logs: self.deviance(*full(logs)))
        found = minimize(
            lambda logs: self.deviance(*full(logs)),
            best,
            method="Nelder-Mead",
            options={"xatol": 1e-5, "fatol": 1e-9, "maxiter": 400},
        )
        return full(found.x)

    def deviance(self, lambda_application: float, lambda_reviewer: float) -> float:
        """Return minus twice the restricted log-likelihood, up to a constant, the error variance profiled out."""
        factor, solution, effect = self.solve(lambda_application, lambda_reviewer)
        degrees = len(self.score) - self.p
        logdet = 2 * np.log(np.diag(factor[0])).sum() + np.log(self.count + lambda_application).sum()
        penalty = self.n * np.log(lambda_application) + self.m * np.log(lambda_reviewer)
        left_over = max(self.residual_sum(solution, effect), 1e-12)
        return degrees * np.log(left_over / degrees) + logdet - penalty

    def standard_errors(self, factor, lambda_application: float, variance: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the standard errors of prediction of applications and of reviewers."""
        inverse = cho_solve(factor, np.eye(self.size))
        weight = 1.0 / (self.count + lambda_application)
        quadratic = self.per_application.multiply(self.per_application @ inverse).sum(axis=1)
        applications = variance * (weight + weight**2 * quadratic)
        return np.sqrt(applications), np.sqrt(variance * np.diag(inverse)[self.p :])


def _result(equations: _Equations, lambdas: tuple[float, float], group: np.ndarray) -> Calibration:
    lambda_application, lambda_reviewer = lambdas
    factor, solution, effect = equations.solve(lambda_application, lambda_reviewer)
    degrees = max(len(equations.score) - equations.p, 1)
    variance = max(equations.residual_sum(solution, effect), 0.0) / degrees
    errors, reviewer_errors = equations.standard_errors(factor, lambda_application, variance)
    level = solution[: equations.p]
    mean = float(level @ np.bincount(equations.columns[:, 0], minlength=equations.p) / len(equations.score))
    group_effect = np.zeros(int(group.max(initial=0)) + 1)
    group_effect[equations.groups] = level - mean
    # Share of the variance between applications that the prediction captures; relative, so free of the scale.
    captured = 1 - errors**2 * lambda_application / variance if variance > 0 else np.zeros(equations.n)
    captured = np.clip(captured, 0, 1)
    counted = np.maximum(equations.count, 1)
    raw = np.where(equations.count > 0, equations.sum / counted, np.nan)
    return Calibration(
        mean=mean,
        group_effect=group_effect.tolist(),
        application_effect=effect.tolist(),
        reviewer_effect=solution[equations.p :].tolist(),
        standard_error=errors.tolist(),
        reviewer_standard_error=reviewer_errors.tolist(),
        raw_mean=[None if np.isnan(value) else value for value in raw.tolist()],
        adjusted=(mean + group_effect[group] + effect).tolist(),
        lambda_application=lambda_application,
        lambda_reviewer=lambda_reviewer,
        error_variance=variance,
        reliability=float(captured.mean()),
        application_reliability=captured.tolist(),
        components=components_of(equations.application, equations.reviewer, equations.n),
        weak_links=weak_links_of(equations.application, equations.reviewer, equations.n),
    )


def _at_or_above_cut(values: Sequence[float], n_selected: int) -> set[int]:
    if n_selected <= 0 or not values:
        return set()
    cut = sorted(values, reverse=True)[min(n_selected, len(values)) - 1]
    return {index for index, value in enumerate(values) if value >= cut}


def _read(ratings: Any, n_applications: Any, n_reviewers: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    for name, value, most in (("n_applications", n_applications, 10**6), ("n_reviewers", n_reviewers, 5_000)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 1 <= value <= most:
            raise InstanceError(f"{name}: expected a whole number above zero and up to {most}, got {value!r}")
    if isinstance(ratings, np.ndarray) and ratings.ndim == 2 and ratings.shape[1] == 3:
        ratings = ratings.tolist()
    if not isinstance(ratings, list | tuple) or not ratings:
        raise InstanceError(f"ratings: expected a list with at least one rating, got {ratings!r}")
    for position, rating in enumerate(ratings):
        where = f"ratings[{position}]"
        if not isinstance(rating, list | tuple) or len(rating) != 3:
            raise InstanceError(f"{where}: expected [application, reviewer, score], got {rating!r}")
        for noun, index, size in zip(("application", "reviewer"), rating, (n_applications, n_reviewers), strict=False):
            if isinstance(index, bool) or not isinstance(index, int | float) or index != int(index):
                raise InstanceError(f"{where}: expected a whole number for the {noun}, got {index!r}")
            if not 0 <= index < size:
                raise InstanceError(f"{where}: unknown {noun} {index} (there are {size})")
        score = rating[2]
        if isinstance(score, bool) or not isinstance(score, int | float) or not abs(score) < 1e9:
            raise InstanceError(f"{where}: expected a finite number as score, got {score!r}")
    # In one order, whatever the input's: sums of floating-point numbers depend on it.
    columns = np.asarray(sorted(map(tuple, ratings)), float)
    return columns[:, 0].astype(np.int64), columns[:, 1].astype(np.int64), columns[:, 2]


def _read_groups(groups: Any, n_applications: int) -> np.ndarray:
    if groups is None:
        return np.zeros(n_applications, np.int64)
    if not isinstance(groups, list | tuple | np.ndarray) or len(groups) != n_applications:
        raise InstanceError(f"groups: expected one group number for each of the {n_applications} applications")
    for index, group in enumerate(groups):
        if isinstance(group, bool) or not isinstance(group, int | np.integer) or not 0 <= group <= n_applications:
            raise InstanceError(f"groups[{index}]: expected a small whole number, got {group!r}")
    return np.asarray(groups, np.int64)
