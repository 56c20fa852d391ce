from streams.models.cycle import Cycle, KeyDate, Site
from streams.models.help import HelpEntry
from streams.models.mentor import Mentor, StreamMentor
from streams.models.saved import SavedStream
from streams.models.stream import ResearchArea, Stream, StreamTrack
from streams.models.stream_parts import Agreement, Cadence, ProjectOption, ReadingItem, Requirement, StreamArea
from streams.models.track import Step, Track

__all__ = [
    "Agreement",
    "Cadence",
    "Cycle",
    "HelpEntry",
    "KeyDate",
    "Mentor",
    "ProjectOption",
    "ReadingItem",
    "Requirement",
    "ResearchArea",
    "SavedStream",
    "Site",
    "Step",
    "Stream",
    "StreamArea",
    "StreamMentor",
    "StreamTrack",
    "Track",
]
