"""Preferences of both sides, match runs, offers."""

from matching.models.offer import Offer
from matching.models.preference import PreferenceEntry, PreferenceList, RankEntry, RankOrderList
from matching.models.run import MatchRun

__all__ = ["MatchRun", "Offer", "PreferenceEntry", "PreferenceList", "RankEntry", "RankOrderList"]
