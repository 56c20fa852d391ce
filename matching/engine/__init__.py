"""The matching engine: plain data in, plain data out. No Django, no clock, no undrawn random number."""

from matching.engine.certificate import Certificate, RankProfile, verify
from matching.engine.instance import Cap, Instance, InstanceError, Stream, snapshot_hash
from matching.engine.lottery import Lottery
from matching.engine.solver import MatchResult, match
from matching.engine.version import ENGINE_VERSION

__all__ = [
    "ENGINE_VERSION",
    "Cap",
    "Certificate",
    "Instance",
    "InstanceError",
    "Lottery",
    "MatchResult",
    "RankProfile",
    "Stream",
    "match",
    "snapshot_hash",
    "verify",
]
