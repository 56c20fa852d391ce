"""Small random instances of every kind, drawn from a random source; and the loop that tries many of them."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def for_all(draw, check, *, examples):
    """Run ``check`` on ``examples`` instances from ``draw``; hypothesis shrinks what fails. Returns how many ran."""
    seen = []

    @settings(
        max_examples=examples, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.randoms(use_true_random=False))
    def run(random):
        check(draw(random))
        seen.append(1)

    run()
    return len(seen)


def grouped(random, names, tie_chance):
    """A tie-group list over ``names`` in random order."""
    names = list(names)
    random.shuffle(names)
    groups = []
    for name in names:
        if groups and random.random() < tie_chance:
            groups[-1].append(name)
        else:
            groups.append([name])
    return groups


def some(random, names, chance):
    return [name for name in names if random.random() < chance]


def market(random, *, n=5, m=4, ties=0.0, applicant_ties=0.0, minimums=False, density=0.7):
    applicants = [f"a{i}" for i in range(1, random.randint(1, n) + 1)]
    streams = [f"s{i}" for i in range(1, random.randint(1, m) + 1)]
    shape = {"applicants": {a: grouped(random, some(random, streams, density), applicant_ties) for a in applicants}}
    shape["streams"] = {}
    for s in streams:
        most = random.randint(0 if random.random() < 0.1 else 1, 3)
        least = random.randint(0, most) if minimums else 0
        # Mostly those who list the stream; now and then somebody is left out or added, so that pairs are dropped.
        known = [a for a in applicants if (random.random() < 0.9) == any(s in tie for tie in shape["applicants"][a])]
        shape["streams"][s] = {"min": least, "max": most, "prefs": grouped(random, known, ties)}
    return shape


def strict(random):
    return market(random)


def tied(random):
    return market(random, ties=0.5, applicant_ties=random.choice([0.0, 0.0, 0.4]))


def with_minimums(random):
    return market(random, minimums=True, n=6, density=0.6)


def with_caps(random, ties=0.0, n=6, m=4):
    shape = market(random, ties=ties, n=n, m=m, density=0.8)
    streams = list(shape["streams"])
    random.shuffle(streams)
    cut = random.randint(0, len(streams))
    shape["tracks"] = {}
    for track, part in (("t1", streams[:cut]), ("t2", streams[cut:])):
        if part and random.random() < 0.9:
            shape["tracks"][track] = {"max": random.randint(0, 4), "streams": part}
    if random.random() < 0.5 or not shape["tracks"]:
        shape["cohort"] = {"max": random.randint(0, 5)}
    return shape


def with_caps_and_ties(random):
    return with_caps(random, ties=0.5)


def with_matching(random):
    """A market with ties and any assignment of acceptable places within capacities."""
    shape = tied(random)
    used = dict.fromkeys(shape["streams"], 0)
    shape["matching"] = {}
    for a, prefs in shape["applicants"].items():
        options = [
            s
            for tie in prefs
            for s in tie
            if used[s] < shape["streams"][s]["max"] and any(a in t for t in shape["streams"][s]["prefs"])
        ]
        place = random.choice([None, *options])
        shape["matching"][a] = place
        if place:
            used[place] += 1
    return shape


def projects(random, *, by_projects=False, ties=0.0, n=5, m=4):
    applicants = [f"a{i}" for i in range(1, random.randint(1, n) + 1)]
    names = [f"p{i}" for i in range(1, random.randint(1, m) + 1)]
    mentors = [f"m{i}" for i in range(1, random.randint(1, 3) + 1)]
    owner = {p: random.choice(mentors) for p in names}
    shape = {
        "applicants": {a: grouped(random, some(random, names, 0.75), ties) for a in applicants},
        "projects": {p: {"max": random.choice([1, 1, 2]), "mentor": owner[p]} for p in names},
        "mentors": {},
    }
    for m_ in mentors:
        listed = [p for p in names if owner[p] == m_] if by_projects else some(random, applicants, 0.9)
        prefs = grouped(random, listed, ties)
        shape["mentors"][m_] = {"max": random.randint(0 if random.random() < 0.1 else 1, 3), "prefs": prefs}
    return shape


def spa_s(random):
    return projects(random)


def spa_st(random):
    return projects(random, ties=0.4)


def spa_p(random):
    return projects(random, by_projects=True, ties=random.choice([0.0, 0.0, 0.3]))


def reviews(random):
    n, m = random.randint(1, 4), random.randint(2, 4)
    k = random.randint(1, min(3, m))
    most = random.randint(1, n)
    return {
        "affinity": [[random.randint(0, 10) for _ in range(m)] for _ in range(n)],
        "conflicts": [[i, j] for i in range(n) for j in range(m) if random.random() < 0.12],
        "reviews_per_application": k,
        "load_min": random.randint(0, min(most, 2)),
        "load_max": most,
    }


def ratings(random):
    n, m = random.randint(1, 6), random.randint(1, 5)
    pairs = [(i, j) for i in range(n) for j in range(m) if random.random() < 0.6] or [(0, 0)]
    return {
        "n_applications": n,
        "n_reviewers": m,
        "ratings": [[i, j, random.randint(2, 10) / 2] for i, j in pairs],
        "lambda_application": random.choice([0.5, 1.0, 1.5, 3.0]),
        "lambda_reviewer": random.choice([0.5, 2.0, 4.0]),
    }


def decline(random):
    """A strict market, its deferred-acceptance result to be filled in by the test, and who leaves."""
    shape = market(random)
    names = sorted(shape["applicants"])
    return {"instance": shape, "declined": sorted(random.sample(names, random.randint(0, min(2, len(names)))))}
