"""Write streams with all their parts, and move them between draft, published and paused."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from core import audit, clock
from core.refusals import Refused
from core.transitions import locked, transition
from questions.domain.rows import Change, Saved, save_children, save_row
from questions.models import Form
from streams.models import (
    Agreement,
    Cadence,
    Cycle,
    Mentor,
    ProjectOption,
    ReadingItem,
    Requirement,
    ResearchArea,
    Site,
    Stream,
    StreamArea,
    StreamMentor,
    StreamTrack,
    Track,
)
from streams.states import MentorRole, StreamState


@dataclass(frozen=True)
class StreamText:
    """What a stream says about itself, column by column."""

    title: str
    summary: str
    description: str
    own_statement: str
    working_style: str
    what_fellow_owns: str
    host_org: str
    site: Site | None
    form: Form | None
    in_person: str
    selection_mode: str
    autonomy: str
    data_sensitivity: str
    interview: str
    reply_hours: int | None
    ad_hoc_calls: bool
    dual_use: bool
    is_coalition: bool
    demo_invented: bool
    seats_asked: int
    seats_granted: int


@dataclass(frozen=True)
class MentorPart:
    """A mentor's part in a stream."""

    mentor: Mentor
    role: str
    cap: int | None = None
    note: str = ""


@dataclass(frozen=True)
class AreaText:
    """One of several separate areas."""

    code: str
    title: str
    description: str


@dataclass(frozen=True)
class RequirementText:
    """One line of the lists of whom a stream looks for; ``area`` is the code of one of its areas, or empty."""

    kind: str
    text: str
    options: list[str] = field(default_factory=list)
    min_options: int = 0
    area: str = ""


@dataclass(frozen=True)
class CadenceText:
    """One regular meeting."""

    phase: str
    frequency: str
    minutes: int
    format: str
    with_mentor: bool
    in_person: bool
    note: str


@dataclass(frozen=True)
class ProjectText:
    """A project named in advance."""

    title: str
    text: str
    is_open: bool


@dataclass(frozen=True)
class ReadingText:
    """Something to read before applying."""

    title: str
    url: str


@dataclass(frozen=True)
class AgreementText:
    """One version of a text to sign."""

    title: str
    version: int
    body: str
    published_at: datetime
    ack_at_apply: bool = True
    sign_before_start: bool = True

    @property
    def sha256(self) -> str:
        """What a signature refers to."""
        return hashlib.sha256(self.body.encode()).hexdigest()


@dataclass(frozen=True)
class StreamParts:
    """Everything that belongs to a stream and has no life of its own. The first track is the primary one."""

    tracks: Sequence[Track]
    mentors: Sequence[MentorPart]
    topics: Sequence[ResearchArea] = ()
    areas: Sequence[AreaText] = ()
    requirements: Sequence[RequirementText] = ()
    cadences: Sequence[CadenceText] = ()
    projects: Sequence[ProjectText] = ()
    reading: Sequence[ReadingText] = ()
    agreements: Sequence[AgreementText] = ()


@transaction.atomic
def save_stream(*, cycle: Cycle, slug: str, text: StreamText, parts: StreamParts, by: Any) -> Saved[Stream]:
    """Make the stream hold ``text`` and exactly these parts. A new stream is a draft until ``publish_stream``.

    Raises ``Refused`` without a lead or a track, or where a signed text would change.
    """
    if not parts.tracks:
        raise Refused(f"“{text.title}” needs a track.")
    if MentorRole.LEAD not in {part.role for part in parts.mentors}:
        raise Refused(f"“{text.title}” needs a mentor with the role lead.")
    saved = save_row(Stream, key={"cycle": cycle, "slug": slug}, content=vars(text), by=by)
    stream = locked(saved.row)
    changes = {
        "tracks": _save_tracks(stream, parts.tracks),
        "topics": _save_topics(stream, parts.topics),
        "mentors": save_children(
            StreamMentor,
            parent={"stream": stream},
            key="mentor",
            contents=[{**vars(part), "order": order} for order, part in enumerate(parts.mentors, 1)],
        ),
        "areas": _save_ordered(StreamArea, stream, "code", parts.areas),
        "requirements": _save_requirements(stream, parts.requirements),
        "cadences": _save_ordered(Cadence, stream, "order", parts.cadences),
        "projects": _save_ordered(ProjectOption, stream, "title", parts.projects),
        "reading": _save_ordered(ReadingItem, stream, "url", parts.reading),
        "agreements": _save_agreements(stream, parts.agreements, by=by),
    }
    refresh_search_text(stream=stream)
    fields = sorted(name for name, change in changes.items() if change is not Change.UNCHANGED)
    if saved.change is Change.CREATED or (saved.change is Change.UNCHANGED and not fields):
        return Saved(stream, saved.change)
    Stream.objects.filter(pk=stream.pk).update(updated_at=clock.now())
    if fields:
        audit.record("change", stream, by=by, fields=fields)
    return Saved(stream, Change.CHANGED)


@transaction.atomic
def publish_stream(*, stream: Stream, by: Any, published_at: datetime | None = None) -> Stream:
    """Show the stream in the catalogue. Raises ``Refused`` without granted seats."""
    stream = locked(stream)
    if not stream.seats_granted:
        raise Refused(f"“{stream.title}” has no granted seats yet.")
    moment = published_at or clock.now()
    return transition(stream, "publish", by=by, published_at=moment, updated_at=moment)


@transaction.atomic
def pause_stream(*, stream: Stream, reason: str, by: Any) -> Stream:
    """Keep the page and stop taking applications. The reason is shown to everybody."""
    if not reason.strip():
        raise Refused("People are told why a stream is paused. Give a reason.")
    return transition(locked(stream), "pause", by=by, pause_reason=reason.strip())


@transaction.atomic
def resume_stream(*, stream: Stream, by: Any) -> Stream:
    """Take applications again."""
    return transition(locked(stream), "resume", by=by, pause_reason="")


@transaction.atomic
def unpublish_stream(*, stream: Stream, by: Any) -> Stream:
    """Take the stream's page away; whoever has applied keeps their application."""
    return transition(locked(stream), "unpublish", by=by, pause_reason="")


@transaction.atomic
def bring_to_state(*, stream: Stream, state: str, published_at: datetime | None, reason: str, by: Any) -> Change:
    """Walk the stream to ``state`` by the moves of its table, as a catalogue file asks for it."""
    if stream.state == state:
        if state == StreamState.PAUSED and stream.pause_reason != reason:
            return save_row(Stream, key={"pk": stream.pk}, content={"pause_reason": reason}, by=by).change
        return Change.UNCHANGED
    if state == StreamState.DRAFT:
        unpublish_stream(stream=stream, by=by)
        return Change.CHANGED
    if stream.state == StreamState.DRAFT:
        stream = publish_stream(stream=stream, by=by, published_at=published_at)
    if state == StreamState.PAUSED:
        pause_stream(stream=stream, reason=reason, by=by)
    elif stream.state == StreamState.PAUSED:
        resume_stream(stream=stream, by=by)
    return Change.CHANGED


def refresh_search_text(*, stream: Stream) -> None:
    """Gather the words by which people search for a stream. Changes nothing that anybody reads."""
    parts = [stream.description, stream.own_statement, stream.host_org, stream.working_style]
    parts += stream.mentors.values_list("display_name", flat=True)
    for name, method in stream.tracks.values_list("name", "method"):
        parts += [name, method]
    parts += stream.research_areas.values_list("name", flat=True)
    for title, description in stream.areas.values_list("title", "description"):
        parts += [title, description]
    parts += stream.requirements.values_list("text", flat=True)
    parts += stream.project_options.values_list("title", flat=True)
    search_text = "\n".join(part for part in parts if part)
    if search_text != stream.search_text:
        Stream.objects.filter(pk=stream.pk).update(search_text=search_text)
        stream.search_text = search_text


def _save_ordered(model: Any, stream: Stream, key: str, texts: Sequence[Any]) -> Change:
    contents = [{**vars(text), "order": order} for order, text in enumerate(texts, 1)]
    return save_children(model, parent={"stream": stream}, key=key, contents=contents)


def _save_requirements(stream: Stream, texts: Sequence[RequirementText]) -> Change:
    areas = {area.code: area for area in stream.areas.all()}
    contents = [
        {**vars(text), "area": areas[text.area] if text.area else None, "order": order}
        for order, text in enumerate(texts, 1)
    ]
    return save_children(Requirement, parent={"stream": stream}, key="order", contents=contents)


def _save_tracks(stream: Stream, tracks: Sequence[Track]) -> Change:
    wanted = [(track.pk, number == 0) for number, track in enumerate(tracks)]
    if sorted(stream.stream_tracks.values_list("track_id", "primary")) == sorted(wanted):
        return Change.UNCHANGED
    # Replaced as a whole: exchanging the primary track row by row would pass through two primary ones.
    stream.stream_tracks.all().delete()
    StreamTrack.objects.bulk_create(StreamTrack(stream=stream, track_id=pk, primary=first) for pk, first in wanted)
    return Change.CHANGED


def _save_topics(stream: Stream, topics: Sequence[ResearchArea]) -> Change:
    if set(stream.research_areas.values_list("pk", flat=True)) == {topic.pk for topic in topics}:
        return Change.UNCHANGED
    stream.research_areas.set(topics)
    return Change.CHANGED


def _save_agreements(stream: Stream, texts: Sequence[AgreementText], *, by: Any) -> Change:
    change = Change.UNCHANGED
    for text in texts:
        content = {**vars(text), "sha256": text.sha256}
        stored = stream.agreements.filter(version=text.version).first()
        if stored is None:
            audit.record("create", Agreement.objects.create(stream=stream, **content), by=by, sha256=text.sha256)
            change = Change.CHANGED
        elif any(getattr(stored, name) != value for name, value in content.items()):
            raise Refused(
                f"Version {text.version} of “{text.title}” is stored with other content. People may have "
                "signed it: give the new text a new version number."
            )
    return change
