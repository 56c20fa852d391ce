"""The read model of one stream."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.safestring import SafeString

from accounts.queries import is_staff
from core.deadlines import place_name
from core.editions import kept
from core.markdown import render
from questions.queries import outline
from streams.models import Agreement, Cycle, Mentor, Requirement, Stream, StreamArea, Track
from streams.queries.calendar import date_rows
from streams.queries.cards import duration, meetings_of, place_of, reply_of
from streams.queries.tracks import StepRow, step_note
from streams.states import PUBLIC_STATES, InterviewRule, MentorRole, RequirementKind, StepKind


@dataclass(frozen=True)
class RequirementLine:
    """One line of a list of requirements."""

    text: str
    options: list[str]
    at_least: int


@dataclass(frozen=True)
class RequirementList:
    """The requirements of one kind; empty lists do not exist."""

    kind: str
    title: str
    lines: list[RequirementLine]


@dataclass(frozen=True)
class AreaBlock:
    """One area of a stream with its own lists."""

    title: str
    description: SafeString
    lists: list[RequirementList]


@dataclass(frozen=True)
class MentorLine:
    """What the page of a stream says about a mentor."""

    name: str
    role: str
    affiliation: str
    place: str
    hours: str
    travel: str
    bio: str
    note: str


@dataclass(frozen=True)
class AgreementText:
    """The agreement in force, with how often it changed."""

    title: str
    version: int
    body: SafeString
    sha256: str
    published_at: Any
    ack_at_apply: bool
    sign_before_start: bool


@dataclass(frozen=True)
class StreamPage:
    """What the page of a stream shows."""

    stream: Stream
    cycle: Cycle
    tracks: list[Track]
    facts: list[dict[str, str]]
    description: SafeString
    own_statement: SafeString
    working_style: SafeString
    meetings: list[str]
    lists: list[RequirementList]
    areas: list[AreaBlock]
    how_to_apply: list[StepRow]
    questions: list[str]
    minutes: int
    mentors: list[MentorLine]
    projects: list[tuple[str, SafeString]]
    reading: list[tuple[str, str]]
    agreement: AgreementText | None
    topics: list[tuple[str, str]]
    takes_applications: bool

    @property
    def has_requirements(self) -> bool:
        """Whether the stream says anything about whom it looks for."""
        return bool(self.lists) or any(area.lists for area in self.areas)


@dataclass(frozen=True)
class StreamAsks:
    """What a stream asks of an applicant beside its questions. Everybody shares the rows: read, never change them."""

    areas: tuple[StreamArea, ...]
    requirements: tuple[Requirement, ...]
    agreements: tuple[Agreement, ...]

    def looked_for(self, areas: Collection[int]) -> list[RequirementList]:
        """Return what is looked for by the stream itself and by the chosen ``areas`` (primary keys), by kind."""
        return _lists([row for row in self.requirements if row.area_id is None or row.area_id in areas])

    def agreement_at(self, moment: datetime) -> Agreement | None:
        """Return the agreement that is to be acknowledged on applying, in the version published by ``moment``."""
        return next((row for row in self.agreements if row.published_at <= moment), None)


def streams_visible_to(user: Any) -> QuerySet[Stream]:
    """Return the streams ``user`` may know of: published and paused ones; staff and admins know drafts too.

    Public pages show the former to everybody, whoever is signed in.
    """
    return Stream.objects.all() if is_staff(user) else Stream.objects.filter(state__in=PUBLIC_STATES)


@kept
def stream_asks(stream_id: int) -> StreamAsks:
    """Return what the stream asks of an applicant beside its questions."""
    agreements = Agreement.objects.filter(stream=stream_id, ack_at_apply=True).order_by("-version")
    return StreamAsks(
        areas=tuple(StreamArea.objects.filter(stream=stream_id).order_by("order")),
        requirements=tuple(Requirement.objects.filter(stream=stream_id).order_by("order")),
        agreements=tuple(agreements),
    )


@kept
def stream_page(slug: str) -> StreamPage | None:
    """Return the public page of a stream of the public cycle; a draft has none."""
    stream = (
        Stream.objects.filter(cycle__is_public_current=True, state__in=PUBLIC_STATES, slug=slug)
        .select_related("cycle", "site", "form")
        .prefetch_related(
            "stream_tracks__track",
            "stream_mentors__mentor",
            "cadences",
            "areas",
            "project_options",
            "reading",
            "research_areas",
            Prefetch("requirements", Requirement.objects.order_by("order")),
            Prefetch("agreements", Agreement.objects.order_by("-version")),
        )
        .first()
    )
    if stream is None:
        return None
    parts = sorted(stream.stream_tracks.all(), key=lambda part: (not part.primary, part.track.order))
    tracks = [part.track for part in parts]
    asked = outline(stream.form) if stream.form else None
    agreement = next(iter(stream.agreements.all()), None)
    requirements = list(stream.requirements.all())
    return StreamPage(
        stream=stream,
        cycle=stream.cycle,
        tracks=tracks,
        facts=_facts(stream, agreement),
        description=render(stream.description),
        own_statement=render(stream.own_statement),
        working_style=render(stream.working_style),
        meetings=_meetings(stream),
        lists=_lists([row for row in requirements if row.area_id is None]),
        areas=[
            AreaBlock(
                area.title, render(area.description), _lists([row for row in requirements if row.area_id == area.pk])
            )
            for area in stream.areas.all()
        ],
        how_to_apply=_stream_steps(stream, tracks[0] if tracks else None, asked.minutes if asked else 0),
        questions=[item.text for item in asked.items] if asked else [],
        minutes=asked.minutes if asked else 0,
        mentors=_mentors(stream),
        projects=[(option.title, render(option.text)) for option in stream.project_options.all()],
        reading=[(item.title, item.url) for item in stream.reading.all()],
        agreement=_agreement(agreement),
        topics=[(topic.slug, topic.name) for topic in stream.research_areas.all()],
        takes_applications=stream.takes_applications,
    )


def _stream_steps(stream: Stream, track: Track | None, minutes: int) -> list[StepRow]:
    """Return the steps by which one applies to this stream: those of its primary track, less what it does not use."""
    if track is None:
        return []
    wanted = {
        StepKind.STREAM_APPLICATION,
        StepKind.EVALUATION,
        StepKind.CENTRAL_REVIEW,
        StepKind.INTERVIEW,
        StepKind.RANKING,
    }
    ends = {row.code: row.official for row in date_rows(stream.cycle)}
    rows = []
    for step in track.steps.order_by("order"):
        if step.kind not in wanted or (step.kind == StepKind.INTERVIEW and stream.interview == InterviewRule.NONE):
            continue
        own, note = step.minutes, step_note(step)
        if step.kind == StepKind.STREAM_APPLICATION:
            own, note = minutes, "The questions above."
        elif step.kind == StepKind.INTERVIEW:
            note = f"{stream.get_interview_display()}."
        rows.append(StepRow(step.name, step.kind, own, note, ends.get(step.closes_code, "")))
    return rows


def _facts(stream: Stream, agreement: Agreement | None) -> list[dict[str, str]]:
    facts = {
        "Seats": str(stream.seats_granted or ""),
        "Meetings": meetings_of(list(stream.cadences.all())),
        "Reply time": reply_of(stream.reply_hours).capitalize(),
        "Calls": "Ad-hoc calls on request" if stream.ad_hoc_calls else "",
        "Place": place_of(stream),
        "Project": str(stream.get_selection_mode_display()),
        "Your freedom": str(stream.get_autonomy_display()),
        "What you own": stream.what_fellow_owns,
        "Data": "" if stream.data_sensitivity == "open" else str(stream.get_data_sensitivity_display()),
        "Agreement": f"{agreement.title}, version {agreement.version}, to be signed" if agreement else "",
        "Host": stream.host_org,
        "Interview": str(stream.get_interview_display()),
    }
    return [{"label": label, "value": value} for label, value in facts.items() if value]


def _meetings(stream: Stream) -> list[str]:
    lines = []
    for row in sorted(stream.cadences.all(), key=lambda cadence: cadence.order):
        words = [f"{duration(row.minutes)} {row.get_frequency_display()}, {row.get_format_display()}"]
        words += [row.phase] * bool(row.phase) + ["in person"] * row.in_person
        words += ["without mentors"] * (not row.with_mentor) + [row.note[:1].lower() + row.note[1:]] * bool(row.note)
        lines.append(", ".join(words))
    return lines


def _lists(requirements: list[Requirement]) -> list[RequirementList]:
    lists = []
    for kind in RequirementKind:
        lines = [RequirementLine(row.text, row.options, row.min_options) for row in requirements if row.kind == kind]
        if lines:
            lists.append(RequirementList(kind.value, str(kind.label), lines))
    return lists


def _mentors(stream: Stream) -> list[MentorLine]:
    """Return the mentors by role, those who lead first: a coalition has a dozen."""
    roles = MentorRole.values
    return [
        MentorLine(
            name=part.mentor.display_name,
            role=str(part.get_role_display()),
            affiliation=part.mentor.affiliation,
            place=part.mentor.base_city,
            hours=_hours(part.mentor),
            travel=part.mentor.travel_note,
            bio=part.mentor.bio,
            note=part.note,
        )
        for part in sorted(stream.stream_mentors.all(), key=lambda row: (roles.index(row.role), row.order))
    ]


def _hours(mentor: Mentor) -> str:
    """Write working hours with the zone in which they are meant."""
    hours = mentor.working_hours
    return f"{hours}, {place_name(mentor.timezone)} time" if hours[:1].isdigit() else hours


def _agreement(agreement: Agreement | None) -> AgreementText | None:
    if agreement is None:
        return None
    return AgreementText(
        agreement.title,
        agreement.version,
        render(agreement.body),
        agreement.sha256,
        agreement.published_at,
        agreement.ack_at_apply,
        agreement.sign_before_start,
    )
