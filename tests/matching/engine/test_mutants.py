"""Twenty-four seeded faults in the engine: each must be noticed by the certificate or by the oracle."""

import importlib
import importlib.abc
import importlib.util
import random
import sys
from contextlib import suppress

import pytest

from matching import engine
from tests.matching.engine import oracle, worlds

PACKAGE = "matching.engine"

# name: (module, what stands there, what the mutant says)
MUTANTS = {
    "one seat too many": (
        "rounds",
        "np.minimum(count, market.capacity)",
        "np.minimum(count, market.capacity + 1)",
    ),
    "one seat too few": (
        "rounds",
        "np.minimum(count, market.capacity)",
        "np.minimum(count, np.maximum(market.capacity - 1, 0))",
    ),
    "the worst are kept": (
        "rounds",
        "np.lexsort((rank[members],",
        "np.lexsort((-rank[members],",
    ),
    "one rejected too many": (
        "rounds",
        "inside >= kept[home]",
        "inside + 1 >= kept[home]",
    ),
    "a choice is skipped": (
        "rounds",
        "choice[free] = at + 1",
        "choice[free] = at + 2",
    ),
    "the cutoff admits the rejected only": (
        "rounds",
        "rank < cutoff[stream[at]]",
        "rank >= cutoff[stream[at]] - 1",
    ),
    "streams have no say": (
        "rounds",
        "stream_tier[at] * spread + position[free]",
        "position[free] + 0",
    ),
    "the lottery outweighs the tie group": (
        "rounds",
        "np.int64(max(n, 1))",
        "np.int64(1)",
    ),
    "the rejected stay": (
        "rounds",
        "place[rejected] = -1",
        "place[rejected] = place[rejected]",
    ),
    "streams propose": (
        "solver",
        "place = applicant_optimal_place(market, lottery, lottery.draw(market))\n        proved",
        "place = best_weakly_stable(market, market.tier)[0]\n        proved",
    ),
    "caps are forgotten": (
        "solver",
        "if market.has_caps else None",
        "if False else None",
    ),
    "the track is forgotten": (
        "caps",
        "if not (cohort_room and room[track[index]]):",
        "if not cohort_room:",
    ),
    "the cohort is forgotten": (
        "caps",
        "if market.cohort_max is not None:\n        targets",
        "if False:\n        targets",
    ),
    "seats above the target stay empty": (
        "caps",
        "while waiting and cohort_room:",
        "while False:",
    ),
    "targets overflow the cap": (
        "caps",
        "targets * maximum // max(total, 1)",
        "targets",
    ),
    "stability is not asked for": (
        "exact",
        "ways_out[home, stream_tier[pair]]], at_least=1)",
        "ways_out[home, stream_tier[pair]]], at_least=0)",
    ),
    "content with something worse": (
        "exact",
        "tier[other] <= tier[pair]",
        "tier[other] >= tier[pair]",
    ),
    "filled by anybody": (
        "exact",
        "if stream_tier[pair] <= group]",
        "if stream_tier[pair] <= group + 9]",
    ),
    "promotion beats the tie group": (
        "promotion",
        "(-tier[pair], is_promoted[applicant],",
        "(is_promoted[applicant], -tier[pair],",
    ),
    "promotion displaces upwards": (
        "promotion",
        "elif held and proposal > held[0]:",
        "elif held and proposal < held[0]:",
    ),
    "the first try counts as proved": (
        "solver",
        "if size == bound:\n        return",
        "if True:\n        return",
    ),
    "the wrong side's tie group": (
        "instance",
        "stream_tier.append(back)",
        "stream_tier.append(group)",
    ),
    "one-sided pairs count": (
        "instance",
        "if back is not None and",
        "back = 0 if back is None else back\n                    if",
    ),
    "seats are shared out by name": (
        "instance",
        "stream.append(number[name])",
        "stream.append(number[min(stream_ids)])",
    ),
}


class Patched(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Finds one module of the engine, and loads it with one passage exchanged."""

    def __init__(self, name, old, new):
        self.origin = importlib.util.find_spec(name).origin
        with open(self.origin, encoding="utf-8") as file:
            source = file.read()
        assert source.count(old) == 1, f"{name}: the passage to mutate stands there {source.count(old)} times"
        self.name, self.source = name, source.replace(old, new)

    def find_spec(self, fullname, path, target=None):
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def get_filename(self, fullname):
        return self.origin

    def get_data(self, path):
        return self.source.encode()

    def path_stats(self, path):
        raise OSError  # no byte code: it would be taken for the true module's


def mutated_engine(module, old, new):
    """A second copy of the whole engine with one fault in it; the true one stays as it was."""
    finder = Patched(f"{PACKAGE}.{module}", old, new)
    true = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[:2] == PACKAGE.split(".")}
    sys.meta_path.insert(0, finder)
    try:
        return importlib.import_module(PACKAGE)
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(true)
        sys.modules["matching"].engine = true[PACKAGE]


def flaw(candidate, kind, raw):
    """Say what is wrong with the candidate's answer, or nothing."""
    for objective in ("applicant_optimal", "max_cardinality"):
        result = candidate.match(candidate.Instance.from_json(raw), objective=objective)
        certificate = engine.verify(engine.Instance.from_json(raw), result.matching)
        if not certificate.feasible:
            return f"certificate: {certificate.violations[0]}"
        if not certificate.stable:
            return f"certificate: {certificate.blocking_pairs[0]} block"
        market = oracle.Market(raw)
        if kind == "strict" and result.matching != market.applicant_optimal():
            return "oracle: not applicant-optimal"
        if objective == "max_cardinality" and (not result.proved or result.size != oracle.largest(market.stable())):
            return "oracle: not the largest"
    return promotion_flaw(candidate, kind, raw)


def promotion_flaw(candidate, kind, raw):
    """The heuristic in front of the exact programme must be stable by itself, whatever the programme mends."""
    if kind != "tied":
        return None
    market = candidate.Instance.from_json(raw).market
    place = candidate.promotion.match_with_promotion(market, candidate.Lottery("0").draw(market))
    matching = {a: market.stream_ids[p] if p >= 0 else None for a, p in zip(market.applicant_ids, place, strict=True)}
    return None if engine.verify(engine.Instance.from_json(raw), matching).stable else "certificate: promotion"


def corpus():
    draws = {"strict": worlds.strict, "tied": worlds.tied, "caps": worlds.with_caps}
    for seed in range(120):
        for kind, draw in draws.items():
            yield kind, draw(random.Random(seed))


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(name):
    candidate = mutated_engine(*MUTANTS[name])
    for kind, raw in corpus():
        found = None
        with suppress(Exception):  # falling over would be noticed too, but a wrong answer is what must be found
            found = flaw(candidate, kind, raw)
        if found:
            return
    pytest.fail(f"nobody noticed: {name}")


def test_control_the_true_engine_has_no_flaw():
    assert [found for kind, raw in list(corpus())[:150] if (found := flaw(engine, kind, raw))] == []


def test_control_a_mutated_copy_leaves_the_true_engine_alone():
    candidate = mutated_engine(*MUTANTS["one seat too many"])

    assert candidate.match is not engine.match
    assert sys.modules[PACKAGE] is engine
