"""Speed of the matching engine: every figure beside plain Python on the same market in the same run.

Run ``python -m benchmarks.engine`` (``--quick`` leaves out the two large sizes). Times are medians of three seeds, for
build and solve, from flat columns in memory to each applicant's place. Peak memory is what numpy and Python allocate
above the columns themselves, from ``tracemalloc``, in a run of its own.

``--peer PYTHON`` also times the package called ``matching`` on PyPI, where the interpreter named has it installed. It
needs an environment of its own: its name is that of an app of ours.
"""

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from matching.engine.calibration import calibrate
from matching.engine.caps import flexible_quotas
from matching.engine.certificate import examine
from matching.engine.deferred_acceptance import deferred_acceptance
from matching.engine.instance import Instance
from matching.engine.lottery import Lottery
from matching.engine.market import Market
from matching.engine.reviewers import assign_reviewers
from matching.engine.rounds import propose_in_rounds
from matching.engine.solver import match
from matching.engine.what_if import capacity_plus_one_each

SIZES = {"1k": (1_000, 50, 5), "10k": (10_000, 100, 6), "50k": (50_000, 5_000, 12), "200k": (200_000, 2_000, 10)}
TARGET_RATIO = {"50k": 0.18, "200k": 0.21}
SEEDS = (1, 2, 3)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out 50k and 200k")
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has the PyPI package matching")
    asked = parser.parse_args()
    sizes = ("1k", "10k") if asked.quick else tuple(SIZES)
    print(machine())
    print("\nDeferred acceptance, strict lists (applicants, streams, list length)")
    heads = {"size": 22, "plain Python": 13, "rounds": 10, "ratio": 7, "target": 7, "certificate": 12, "peak MB": 8}
    print(" ".join(f"{head:>{width}}" for head, width in heads.items()))
    for size in sizes:
        print(deferred_acceptance_row(size))
    print("\nOther work")
    for name, measure in OTHER.items():
        print(f"{name:<60} {measure()}")
    if asked.peer:
        print(f"\n{'PyPI package matching, 1,000 x 50 x 5, build and solve':<60} {peer(asked.peer)}")


def deferred_acceptance_row(size: str) -> str:
    """Measure one size: reference, fast path, certificate, memory."""
    plain, fast, certificate = [], [], []
    for seed in SEEDS:
        columns = random_columns(*SIZES[size], seed=seed)
        expected, seconds = timed(lambda c=columns: plain_python(c))
        plain.append(seconds)
        place, seconds = timed(lambda c=columns: fast_path(c))
        fast.append(seconds)
        if place.tolist() != expected:
            raise SystemExit(f"{size}: the fast path and the reference differ")
        market = market_of(columns)
        found, seconds = timed(lambda m=market, p=place: examine(m, p))
        certificate.append(seconds)
        if found.violations or len(found.blocking):
            raise SystemExit(f"{size}: the result is not stable")
    columns = random_columns(*SIZES[size], seed=SEEDS[0])
    peak = peak_megabytes(lambda: examine(market_of(columns), fast_path(columns)))
    ratio = statistics.median(fast) / statistics.median(plain)
    shape = "{:,} x {:,} x {}".format(*SIZES[size])
    target = TARGET_RATIO.get(size)
    return (
        f"{shape:>22} {millis(plain):>13} {millis(fast):>10} {ratio:>7.3f} {target or '':>7} "
        f"{millis(certificate):>12} {peak:>8.0f}"
    )


def random_columns(n: int, m: int, length: int, *, seed: int, stream_tiers: int | None = None) -> dict[str, Any]:
    """Return a market as flat columns: popular streams are asked for more often; a tenth more seats than people."""
    random = np.random.default_rng(seed)
    popularity = random.gumbel(size=m).astype(np.float32)
    stream = np.empty((n, length), np.int32)
    for low in range(0, n, 5_000):
        high = min(low + 5_000, n)
        liking = random.gumbel(size=(high - low, m)).astype(np.float32) + popularity
        best = np.argpartition(-liking, length, axis=1)[:, :length]
        order = np.argsort(-np.take_along_axis(liking, best, axis=1), axis=1)
        stream[low:high] = np.take_along_axis(best, order, axis=1)
    stream = stream.ravel()
    score = random.random(len(stream)) if stream_tiers is None else random.integers(stream_tiers, size=len(stream))
    if stream_tiers is None:
        order = np.lexsort((score, stream))
        starts = np.searchsorted(stream[order], np.arange(m))
        tier = np.empty(len(stream), np.int32)
        tier[order] = np.arange(len(stream)) - starts[stream[order]]
    else:
        tier = score.astype(np.int32)
    return {
        "ptr": np.arange(0, n * length + 1, length, dtype=np.int64),
        "stream": stream,
        "tier": np.tile(np.arange(length, dtype=np.int32), n),
        "stream_tier": tier,
        "capacity": np.full(m, max(n * 11 // (10 * m), 1), np.int32),
    }


def market_of(columns: dict[str, Any], **parts: Any) -> Market:
    """Wrap columns as a market with numbers for identifiers."""
    n, m = len(columns["ptr"]) - 1, len(columns["capacity"])
    rest = {
        "applicant_ids": range(n), "stream_ids": range(m), "minimum": np.zeros(m, np.int32),
        "track": np.full(m, -1, np.int32), "track_ids": [], "track_max": np.zeros(0, np.int32), "cohort_max": None,
        "list_length": int(columns["tier"].max()) + 1,
    }  # fmt: skip
    return Market(**{**columns, **rest, **parts})


def fast_path(columns: dict[str, Any]) -> np.ndarray:
    """Build and solve with the engine's rounds."""
    market = market_of(columns)
    return propose_in_rounds(market, Lottery("0").draw(market))


def plain_python(columns: dict[str, Any]) -> list[int]:
    """Build and solve with the readable reference on Python lists."""
    ptr, stream, rank = columns["ptr"].tolist(), columns["stream"].tolist(), columns["stream_tier"].tolist()
    lists = [stream[low:high] for low, high in pairwise(ptr)]
    ranks = [rank[low:high] for low, high in pairwise(ptr)]
    return deferred_acceptance(lists, ranks, columns["capacity"].tolist())


PEER = """
import json, sys, time
from matching.games import HospitalResident
market = json.load(sys.stdin)
start = time.perf_counter()
found = HospitalResident.create_from_dictionaries(*market).solve(optimal="resident")
seconds = time.perf_counter() - start
places = {str(one): str(home) for home, people in found.items() for one in people}
print(json.dumps([seconds, places]))
"""


def peer(interpreter: str) -> str:
    """Time the other package at the smallest size, on the seeds of the table, and compare the results."""
    seconds = []
    for seed in SEEDS:
        raw = as_json(random_columns(*SIZES["1k"], seed=seed))
        residents = {name: [place for (place,) in prefs] for name, prefs in raw["applicants"].items()}
        streams = {name: part for name, part in raw["streams"].items() if part["prefs"]}
        hospitals = {name: [person for (person,) in part["prefs"]] for name, part in streams.items()}
        market = [residents, hospitals, {name: part["max"] for name, part in streams.items()}]
        command = [interpreter, "-I", "-W", "ignore", "-c", PEER]
        ran = subprocess.run(command, input=json.dumps(market), capture_output=True, text=True, check=True)
        taken, places = json.loads(ran.stdout)
        ours = match(Instance.from_json(raw)).matching
        if places != {name: place for name, place in ours.items() if place is not None}:
            raise SystemExit("the other package finds another matching")
        seconds.append(taken)
    return f"{millis(seconds)}, the same matching"


def ties() -> str:
    """Ten tie groups a stream: the lottery is drawn over 10,000 identifiers, then rounds."""
    columns = random_columns(10_000, 100, 6, seed=1, stream_tiers=10)
    market = market_of(columns, applicant_ids=[f"applicant {i:06}" for i in range(10_000)])
    return best_of(lambda: propose_in_rounds(market, Lottery("0").draw(market)))


def caps() -> str:
    """Ten tracks of ten streams, each capped at two thirds of its seats, and a cohort."""
    columns = random_columns(10_000, 100, 6, seed=1)
    names = [f"stream {i:03}" for i in range(100)]
    track = np.repeat(np.arange(10, dtype=np.int32), 10)
    parts = {"track": track, "track_ids": range(10), "track_max": np.full(10, 733, np.int32), "cohort_max": 7_000}
    market = market_of(columns, stream_ids=names, **parts)
    lottery = Lottery("0")
    return best_of(lambda: propose_in_rounds(market, lottery.draw(market), flexible_quotas(market, lottery)))


def largest() -> str:
    """Greatest size with ties: promotion, the flow bound, and the exact programme where they differ."""
    result, seconds = timed(lambda: match(as_instance(300, 25, 5, stream_tiers=3), objective="max_cardinality"))
    return f"{seconds * 1000:8.0f} ms   size {result.size}, bound {result.bound}, proved {result.proved}"


def plus_one() -> str:
    """One more seat at each of 100 streams in turn."""
    instance = as_instance(10_000, 100, 6)
    return best_of(lambda: capacity_plus_one_each(instance), times=1)


def whole_job() -> str:
    """From 100,000 rows of identifiers to a stored result: instance, match, certificate, hash, JSON."""
    columns = random_columns(10_000, 100, 10, seed=1)
    raw = as_json(columns)
    solve = timed(lambda: fast_path(columns))[1]
    _, seconds = timed(lambda: match(Instance.from_json(raw)).to_json())
    return f"{seconds * 1000:8.0f} ms   ({seconds / solve:.0f} times the solve alone; the limit is ten times or 5 s)"


def reviewers() -> str:
    """10,000 applications, 100 reviewers, three reviews each."""
    random = np.random.default_rng(1)
    affinity = random.integers(0, 1000, (10_000, 100))
    result, seconds = timed(lambda: assign_reviewers(affinity, [], 3, 250, 350))
    return f"{seconds * 1000:8.0f} ms   worst application {result.min_total} (bound {result.min_total_bound})"


def reviewers_exact() -> str:
    """200 applications, 10 reviewers, three reviews each: exactly fair."""
    random = np.random.default_rng(1)
    affinity = random.integers(0, 11, (200, 10))
    result, seconds = timed(lambda: assign_reviewers(affinity, [], 3, 50, 70))
    return f"{seconds * 1000:8.0f} ms   worst application {result.min_total}, proved {result.proved}"


def calibration() -> str:
    """30,000 ratings, variances given and by REML."""
    random = np.random.default_rng(1)
    application = np.repeat(np.arange(10_000), 3)
    reviewer = random.integers(0, 100, 30_000)
    score = (
        random.normal(size=10_000)[application] + 0.5 * random.normal(size=100)[reviewer] + random.normal(size=30_000)
    )
    rows = [[int(i), int(j), float(y)] for i, j, y in zip(application, reviewer, score, strict=True)]
    given = timed(lambda: calibrate(rows, 10_000, 100, lambda_application=1.0, lambda_reviewer=4.0))[1]
    found, estimated = timed(lambda: calibrate(rows, 10_000, 100))
    reliability = f"(reliability {found.reliability:.2f})"
    return f"{given * 1000:8.0f} ms given variances, {estimated * 1000:.0f} ms with REML {reliability}"


OTHER: dict[str, Callable[[], str]] = {
    "ties and lottery, 10,000 x 100 x 6": ties,
    "caps, 10,000 x 100 x 6, ten tracks and a cohort": caps,
    "largest weakly stable, 300 x 25 x 5, three tie groups": largest,
    "one more seat at each of 100 streams, 10,000 x 100 x 6": plus_one,
    "whole job, 100,000 preference rows to JSON": whole_job,
    "reviewers, 10,000 x 100 x 3, loads 250 to 350": reviewers,
    "reviewers, 200 x 10 x 3, exactly fair": reviewers_exact,
    "calibration, 30,000 ratings": calibration,
}


def as_json(columns: dict[str, Any]) -> dict[str, Any]:
    """Spell a market out in the shape of the command line."""
    n, m = len(columns["ptr"]) - 1, len(columns["capacity"])
    length = len(columns["stream"]) // n
    stream, tier = columns["stream"].reshape(n, length), columns["stream_tier"].reshape(n, length)
    prefs: list[dict[int, list[str]]] = [{} for _ in range(m)]
    for i in range(n):
        for k in range(length):
            prefs[stream[i, k]].setdefault(int(tier[i, k]), []).append(f"a{i}")
    return {
        "applicants": {f"a{i}": [[f"s{s}"] for s in stream[i]] for i in range(n)},
        "streams": {
            f"s{s}": {"max": int(columns["capacity"][s]), "prefs": [names for _, names in sorted(prefs[s].items())]}
            for s in range(m)
        },
    }


def as_instance(n: int, m: int, length: int, *, stream_tiers: int | None = None) -> Instance:
    return Instance.from_json(as_json(random_columns(n, m, length, seed=1, stream_tiers=stream_tiers)))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    gc.collect()
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def best_of(work: Callable[[], Any], times: int = 3) -> str:
    return f"{statistics.median(timed(work)[1] for _ in range(times)) * 1000:8.1f} ms"


def peak_megabytes(work: Callable[[], Any]) -> float:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def millis(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} ms"


def machine() -> str:
    """Return one line about where this ran, and how busy it was."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor() or "unknown processor",
    )
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}, numpy {np.__version__}"
    )


if __name__ == "__main__":
    main()
