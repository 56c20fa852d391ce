"""An oracle that shares nothing with the engine: it tries everything and judges by the written definitions.

It reads the JSON shapes of the command line and imports no module of the product.
"""

from fractions import Fraction
from itertools import combinations, product


def tiers(prefs):
    return {name: group for group, names in enumerate(prefs) for name in names}


class Market:
    """Applicants and streams, as dictionaries of tie groups; only mutual pairs count."""

    def __init__(self, raw):
        self.applicants = {name: tiers(prefs) for name, prefs in raw["applicants"].items()}
        self.ranks = {name: tiers(stream["prefs"]) for name, stream in raw["streams"].items()}
        self.max = {name: stream["max"] for name, stream in raw["streams"].items()}
        self.min = {name: stream.get("min", 0) for name, stream in raw["streams"].items()}
        self.caps = [(cap["max"], set(cap["streams"])) for cap in raw.get("tracks", {}).values()]
        if raw.get("cohort"):
            self.caps.append((raw["cohort"]["max"], set(raw["streams"])))
        self.options = {a: [s for s in wishes if a in self.ranks[s]] for a, wishes in self.applicants.items()}

    def matchings(self):
        """Every feasible matching."""
        names = sorted(self.options)
        chosen = {}

        def extend(position):
            if position == len(names):
                yield dict(chosen)
                return
            for place in (None, *self.options[names[position]]):
                chosen[names[position]] = place
                if place is None or self._fits(chosen, place):
                    yield from extend(position + 1)
            del chosen[names[position]]

        return extend(0)

    def _fits(self, chosen, place):
        held = [p for p in chosen.values() if p]
        if held.count(place) > self.max[place]:
            return False
        return all(place not in streams or sum(p in streams for p in held) <= most for most, streams in self.caps)

    def wants(self, matching, applicant, stream):
        wishes, place = self.applicants[applicant], matching[applicant]
        return place is None or wishes[stream] < wishes[place]

    def blocking_pairs(self, matching):
        """Blocking pairs that no full cap excuses."""
        found = []
        for applicant, options in self.options.items():
            for stream in options:
                if not self.wants(matching, applicant, stream):
                    continue
                people = [a for a, p in matching.items() if p == stream]
                has_worse = any(self.ranks[stream][a] > self.ranks[stream][applicant] for a in people)
                if has_worse or (len(people) < self.max[stream] and not self._cap_is_full(matching, stream)):
                    found.append([applicant, stream])
        return sorted(found)

    def _cap_is_full(self, matching, stream):
        return any(
            stream in streams and sum(p in streams for p in matching.values()) >= most for most, streams in self.caps
        )

    def stable(self):
        return [matching for matching in self.matchings() if not self.blocking_pairs(matching)]

    def applicant_optimal(self):
        """The stable matching nobody prefers another stable one to (strict lists)."""
        stable = self.stable()
        (best,) = [m for m in stable if all(self.no_worse(m, other) for other in stable)]
        return best

    def stream_optimal(self):
        """The stable matching to which everybody prefers every other, if anything (strict lists)."""
        stable = self.stable()
        (worst,) = [m for m in stable if all(self.no_worse(other, m) for other in stable)]
        return worst

    def no_worse(self, matching, other, names=None):
        for applicant in matching if names is None else names:
            wishes = self.applicants[applicant]
            mine, theirs = matching[applicant], other[applicant]
            if theirs is not None and (mine is None or wishes[mine] > wishes[theirs]):
                return False
        return True

    def closure_stable(self):
        """Each stream holds 0 or min..max; no open stream blocks; no closed one is wanted by its minimum of people."""
        found = []
        for matching in self.matchings():
            fill = {s: sum(p == s for p in matching.values()) for s in self.max}
            closed = {s for s in fill if self.min[s] and not fill[s]}
            if any(fill[s] < self.min[s] for s in fill if s not in closed):
                continue
            if any(stream not in closed for _, stream in self.blocking_pairs(matching)):
                continue
            wanting = {
                s: sum(s in self.options[a] and self.wants(matching, a, s) for a in self.options) for s in closed
            }
            if all(wanting[s] < self.min[s] for s in closed):
                found.append(matching)
        return found


def largest(matchings):
    return max((size(matching) for matching in matchings), default=None)


def size(matching):
    return sum(place is not None for place in matching.values())


class ProjectMarket:
    """Student-project allocation; ``by_projects`` where mentors rank their own projects."""

    def __init__(self, raw, by_projects):
        self.by_projects = by_projects
        self.applicants = {name: tiers(prefs) for name, prefs in raw["applicants"].items()}
        self.mentor = {name: project["mentor"] for name, project in raw["projects"].items()}
        self.max = {name: project["max"] for name, project in raw["projects"].items()}
        self.mentor_max = {name: mentor["max"] for name, mentor in raw["mentors"].items()}
        self.ranks = {name: tiers(mentor["prefs"]) for name, mentor in raw["mentors"].items()}
        self.options = {
            a: [p for p in wishes if (p if by_projects else a) in self.ranks[self.mentor[p]]]
            for a, wishes in self.applicants.items()
        }

    def stable(self):
        names = sorted(self.options)
        found = []
        for places in product(*[(None, *self.options[name]) for name in names]):
            matching = dict(zip(names, places, strict=True))
            if self.is_feasible(places) and not self.blocking_pairs(matching) and not self.has_coalition(matching):
                found.append(matching)
        return found

    def is_feasible(self, places):
        held = [p for p in places if p]
        mentors = [self.mentor[p] for p in held]
        return all(held.count(p) <= self.max[p] for p in set(held)) and all(
            mentors.count(m) <= self.mentor_max[m] for m in set(mentors)
        )

    def blocking_pairs(self, matching):
        return sorted(
            [a, p]
            for a, options in self.options.items()
            for p in options
            if (matching[a] is None or self.applicants[a][p] < self.applicants[a][matching[a]])
            and self.mentor_agrees(matching, a, p)
        )

    def mentor_agrees(self, matching, applicant, project):
        mentor = self.mentor[project]
        rank = self.ranks[mentor]
        on_project = [a for a, p in matching.items() if p == project]
        with_mentor = [a for a, p in matching.items() if p and self.mentor[p] == mentor]
        project_has_room = len(on_project) < self.max[project]
        mentor_has_room = len(with_mentor) < self.mentor_max[mentor]
        if self.by_projects:
            if not project_has_room:
                return False
            if applicant in with_mentor:
                return rank[project] < rank[matching[applicant]]
            return mentor_has_room or any(rank[project] < rank[matching[a]] for a in with_mentor)
        if project_has_room and mentor_has_room:
            return True
        if project_has_room:
            if applicant in with_mentor:
                return True
            return bool(with_mentor) and rank[applicant] < max(rank[a] for a in with_mentor)
        return bool(on_project) and rank[applicant] < max(rank[a] for a in on_project)

    def has_coalition(self, matching):
        """Whether some people on different projects could pass their places round, each gaining."""
        if not self.by_projects:
            return False
        placed = [a for a, p in matching.items() if p]

        def gains(a, b):
            wishes, theirs = self.applicants[a], matching[b]
            return theirs in self.options[a] and wishes[theirs] < wishes[matching[a]]

        reach = {a: {b for b in placed if gains(a, b)} for a in placed}
        for middle in placed:
            for a in placed:
                if middle in reach[a]:
                    reach[a] |= reach[middle]
        return any(a in reach[a] for a in placed)


def review_assignments(raw):
    """Every complete assignment within loads and conflicts, as lists of reviewer lists."""
    n, m = len(raw["affinity"]), len(raw["affinity"][0])
    conflicts = {tuple(pair) for pair in raw["conflicts"]}
    existing = {tuple(pair) for pair in raw.get("existing", [])}
    rows = []
    for i in range(n):
        free = [j for j in range(m) if (i, j) not in conflicts]
        fixed = {j for j in range(m) if (i, j) in existing}
        rows.append([c for c in combinations(free, raw["reviews_per_application"]) if fixed <= set(c)])

    def extend(position, loads, chosen):
        if position == n:
            if min(loads) >= raw["load_min"]:
                yield [list(row) for row in chosen]
            return
        for row in rows[position]:
            after = [load + (j in row) for j, load in enumerate(loads)]
            if max(after) <= raw["load_max"]:
                yield from extend(position + 1, after, [*chosen, row])

    return extend(0, [0] * m, [])


def affinity_sums(raw, assignment):
    return [sum(raw["affinity"][i][j] for j in row) for i, row in enumerate(assignment)]


def calibrated(raw):
    """Mean and effects from the full mixed-model equations, in exact fractions."""
    n, m = raw["n_applications"], raw["n_reviewers"]
    rows = 1 + n + m
    left = [[Fraction(0)] * rows for _ in range(rows)]
    right = [Fraction(0)] * rows
    for i, j, score in raw["ratings"]:
        columns = (0, 1 + i, 1 + n + j)
        for a in columns:
            right[a] += Fraction(score)
            for b in columns:
                left[a][b] += 1
    for i in range(n):
        left[1 + i][1 + i] += Fraction(raw["lambda_application"])
    for j in range(m):
        left[1 + n + j][1 + n + j] += Fraction(raw["lambda_reviewer"])
    solution = solve(left, right)
    return solution[0], solution[1 : 1 + n], solution[1 + n :]


def solve(left, right):
    """Gauss and Jordan, in fractions."""
    size = len(right)
    table = [[*row, value] for row, value in zip(left, right, strict=True)]
    for column in range(size):
        pivot = next(row for row in range(column, size) if table[row][column])
        table[column], table[pivot] = table[pivot], table[column]
        head = table[column][column]
        table[column] = [value / head for value in table[column]]
        for row in range(size):
            factor = table[row][column]
            if row != column and factor:
                table[row] = [a - factor * b for a, b in zip(table[row], table[column], strict=True)]
    return [row[-1] for row in table]
