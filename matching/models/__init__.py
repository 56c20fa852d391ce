"""Preferences of both sides, the lottery's commitment, match runs, offers."""

from matching.models.commitment import LotteryCommitment
from matching.models.offer import Offer
from matching.models.preference import PreferenceEntry, PreferenceList, RankEntry, RankOrderList
from matching.models.run import MatchRun

__all__ = [
    "LotteryCommitment",
    "MatchRun",
    "Offer",
    "PreferenceEntry",
    "PreferenceList",
    "RankEntry",
    "RankOrderList",
]
