"""The linear programmes behind the assignment of reviewers, on the pairs that may still be used."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, hstack, vstack
from scipy.sparse.csgraph import maximum_flow

from matching.engine.lottery import Lottery


@dataclass
class ReviewFlow:
    """Applications on one side, reviewers on the other; ``need`` and ``room`` are what existing reviews leave."""

    affinity: np.ndarray
    allowed: np.ndarray
    kept: np.ndarray
    per_application: int
    load_min: np.ndarray
    load_max: np.ndarray
    need: np.ndarray = field(init=False)
    room_min: np.ndarray = field(init=False)
    room_max: np.ndarray = field(init=False)
    cross: np.ndarray | None = None
    n_cross: int = 0
    jitter: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        done, load = self.kept.sum(axis=1), self.kept.sum(axis=0)
        self.need = np.maximum(self.per_application - done, 0)
        self.room_max = np.maximum(self.load_max - load, 0)
        self.room_min = np.minimum(np.maximum(self.load_min - load, 0), self.room_max)
        self.allowed = self.allowed & (self.need > 0)[:, None] & (self.room_max > 0)[None, :]

    @property
    def n_free_pairs(self) -> int:
        return int(self.allowed.sum())

    def draw(self, lottery: Lottery) -> None:
        """Draw the noise that decides between equally good assignments: in sum below one unit of affinity."""
        digits = int.from_bytes(lottery.number("reviewers")[:8], "big")
        noise = np.random.default_rng(digits).random(self.affinity.shape)
        self.jitter = noise / (2 * max(int(self.need.sum()), 1))

    def relax_to_possible(self) -> list[dict[str, Any]]:
        """Lower ``need`` and ``room_min`` to what can be met; return what was given up.

        The needs one flow can meet and the minimum loads another can meet are met by some flow together, so neither has
        to be weighed against the other (Mendelsohn & Dulmage 1958; the exchange of paths works with capacities too).
        Loads above the maximum that existing reviews already brought are reported as well.
        """
        unmet: list[dict[str, Any]] = [
            {"reviewer": int(j), "above_load_max": int(over)}
            for j, over in enumerate(self.kept.sum(axis=0) - self.load_max)
            if over > 0
        ]
        wanted_need, wanted_min = self.need.copy(), self.room_min.copy()
        self.need = self._flow(self.allowed, self.room_max).sum(axis=1)
        self.room_min = self._flow(self.allowed, self.room_min).sum(axis=0)
        unmet += [
            {"application": i, "missing": int(wanted_need[i] - self.need[i])}
            for i in np.flatnonzero(self.need < wanted_need).tolist()
        ]
        unmet += [
            {"reviewer": j, "below_load_min": int(wanted_min[j] - self.room_min[j])}
            for j in np.flatnonzero(self.room_min < wanted_min).tolist()
        ]
        return unmet

    def ask_for_cross_links(self, cross: np.ndarray, share: float) -> list[dict[str, Any]]:
        """Ask for ``share`` of all reviews among ``cross`` pairs, or as many as can be had; return the shortfall."""
        if not cross.any():
            return []
        n_reviews = int(self.need.sum() + self.kept.sum())
        wanted = max(int(np.ceil(share * n_reviews)) - int((self.kept & cross).sum()), 0)
        rows, columns = np.nonzero(self.allowed)
        is_cross = cross[rows, columns].astype(float)
        self.cross = cross
        reached = int(np.rint(is_cross @ self._solve(is_cross, rows, columns))) if len(rows) else 0
        self.n_cross = min(wanted, reached)
        return [{"cross_links": wanted - self.n_cross}] if self.n_cross < wanted else []

    def best_total(self) -> np.ndarray:
        """Return the assignment of greatest total affinity. Exact: the constraints are totally unimodular."""
        rows, columns = np.nonzero(self.allowed)
        return self._table(rows, columns, self._solve(self._value(rows, columns), rows, columns))

    def fairest_then_total(self) -> tuple[np.ndarray, bool, int]:
        """Return the assignment whose worst application is served best, of greatest total among those (exact)."""
        rows, columns = np.nonzero(self.allowed)
        served = (self.affinity * self.kept).sum(axis=1)
        n, pairs = len(self.need), len(rows)
        if not pairs:
            return self.kept.astype(np.int64), True, worst_of(served)
        weight = self.affinity[rows, columns]
        sums = csr_array((weight, (rows, np.arange(pairs))), shape=(n, pairs))
        level = csr_array(-np.ones((n, 1)))
        fair = LinearConstraint(_beside(sums, level), -served, np.inf)
        scale = float(np.abs(self.affinity).sum()) + 1
        goal = np.zeros(pairs + 1)
        goal[-1] = -1
        bounds = Bounds(np.append(np.zeros(pairs), -scale), np.append(np.ones(pairs), scale))
        base = [
            LinearConstraint(_beside(c.A, csr_array((c.A.shape[0], 1))), c.lb, c.ub)
            for c in self._limits(rows, columns)
        ]
        whole = np.append(np.ones(pairs), 0)
        first = milp(goal, integrality=whole, bounds=bounds, constraints=[*base, fair], options={"mip_rel_gap": 0.0})
        worst = int(np.rint(first.x[-1]))
        reach = LinearConstraint(sums, worst - served, np.inf)
        second = milp(
            -self._value(rows, columns),
            integrality=np.ones(pairs),
            bounds=Bounds(0, 1),
            constraints=[*self._limits(rows, columns), reach],
            options={"mip_rel_gap": 0.0},
        )
        return self._table(rows, columns, second.x), first.status == 0 and second.status == 0, worst

    def threshold_then_total(self) -> tuple[np.ndarray, bool, int]:
        """Return the best total over the pairs above the highest affinity at which everything can still be met."""
        everything = self.allowed
        if not everything.any():
            return self.kept.astype(np.int64), True, worst_of((self.affinity * self.kept).sum(axis=1))
        bound = self._fair_bound()
        levels = np.unique(self.affinity[everything])
        low, high = 0, len(levels) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._can_meet(everything & (self.affinity >= levels[middle])):
                low = middle
            else:
                high = middle - 1
        self.allowed = everything & (self.affinity >= levels[low])
        chosen = self.best_total()
        self.allowed = everything
        worst = worst_of((self.affinity * chosen).sum(axis=1))
        return chosen, worst == bound, bound

    def _value(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return self.affinity[rows, columns] + self.jitter[rows, columns]

    def _fair_bound(self) -> int:
        """Return a bound on the worst application's sum: each served alone by its best reviewers."""
        ranked = -np.sort(-np.where(self.allowed, self.affinity, np.iinfo(np.int32).min), axis=1)
        taken = np.arange(ranked.shape[1])[None, :] < self.need[:, None]
        return int((np.where(taken, ranked, 0).sum(axis=1) + (self.affinity * self.kept).sum(axis=1)).min())

    def _limits(self, rows: np.ndarray, columns: np.ndarray) -> list[LinearConstraint]:
        pairs = np.arange(len(rows))
        one = np.ones(len(rows))
        by_application = csr_array((one, (rows, pairs)), shape=(len(self.need), len(rows)))
        by_reviewer = csr_array((one, (columns, pairs)), shape=(len(self.room_max), len(rows)))
        limits = [
            LinearConstraint(by_application, self.need, self.need),
            LinearConstraint(by_reviewer, self.room_min, self.room_max),
        ]
        if self.cross is not None and self.n_cross:
            links = csr_array(self.cross[rows, columns].astype(float)[None, :])
            limits.append(LinearConstraint(links, self.n_cross, np.inf))
        return limits

    def _solve(self, value: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Maximise ``value`` over the transport polytope; whole numbers must be asked for only with cross links."""
        if not len(rows):
            return np.zeros(0)
        limits = self._limits(rows, columns)
        if len(limits) > 2:
            solved = milp(
                -value,
                integrality=np.ones(len(rows)),
                bounds=Bounds(0, 1),
                constraints=limits,
                options={"mip_rel_gap": 0.0},
            )
            return solved.x
        equal, between = limits
        both = vstack([between.A, -between.A])
        solved = linprog(
            -value, A_ub=both, b_ub=np.concatenate([between.ub, -between.lb]), A_eq=equal.A, b_eq=equal.lb,
            bounds=(0, 1), method="highs-ds",
        )  # fmt: skip
        return solved.x

    def _table(self, rows: np.ndarray, columns: np.ndarray, solution: np.ndarray) -> np.ndarray:
        table = self.kept.astype(np.int64)
        taken = np.rint(solution).astype(np.int64)
        table[rows, columns] += taken
        return table

    def _flow(self, allowed: np.ndarray, most: np.ndarray) -> np.ndarray:
        """Return one largest assignment within the needs, with at most ``most`` a reviewer."""
        n, m = allowed.shape
        rows, columns = np.nonzero(allowed)
        tails = np.concatenate([np.zeros(n), 1 + rows, 1 + n + np.arange(m)]).astype(np.int32)
        heads = np.concatenate([1 + np.arange(n), 1 + n + columns, np.full(m, 1 + n + m)]).astype(np.int32)
        widths = np.concatenate([self.need, np.ones(len(rows)), most]).astype(np.int32)
        graph = csr_array((widths, (tails, heads)), shape=(n + m + 2, n + m + 2))
        flow = maximum_flow(graph, 0, n + m + 1).flow
        inner = coo_array(flow)
        used = np.zeros(allowed.shape, np.int64)
        tail, head = inner.coords
        is_pair = (tail >= 1) & (tail <= n) & (head > n) & (head <= n + m) & (inner.data > 0)
        used[tail[is_pair] - 1, head[is_pair] - 1 - n] = inner.data[is_pair]
        return used

    def _can_meet(self, allowed: np.ndarray) -> bool:
        """Say whether ``allowed`` pairs suffice for every need, minimum load and cross link."""
        if self._flow(allowed, self.room_max).sum() < self.need.sum():
            return False
        if self._flow(allowed, self.room_min).sum() < self.room_min.sum():
            return False
        if not self.n_cross:
            return True
        rows, columns = np.nonzero(allowed)
        return self._solve(np.zeros(len(rows)), rows, columns) is not None


def worst_of(sums: np.ndarray) -> int:
    """Return the affinity of the worst-served application, 0 if there is none."""
    return int(sums.min()) if len(sums) else 0


def _beside(left: csr_array, right: csr_array) -> csr_array:
    return hstack([left, right], format="csr")
