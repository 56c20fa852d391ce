"""Read models of the public pages: home, tracks, a stream, a comparison."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, Prefetch, Q, QuerySet
from django.utils.safestring import SafeString

from accounts.queries import is_staff
from core import clock
from core.deadlines import Deadline, place_name
from core.markdown import render
from questions.queries import minutes_of, outline
from streams.models import Agreement, Cycle, Mentor, Requirement, Step, Stream, Track
from streams.queries.calendar import DateRow, Phase, date_rows, phase_of, window
from streams.queries.cards import StreamCard, duration, meetings_of, place_of, reply_of, stream_cards
from streams.states import PUBLIC_STATES, InterviewRule, RequirementKind, StepKind

MAX_COMPARED = 4
#: What the home page shows of the calendar; the rest stands on the page of dates.
HEADLINES = {
    "general_opens",
    "general_closes",
    "screen_released",
    "stage2_closes",
    "advance_released",
    "offers_sent",
    "offers_reply_by",
    "programme_starts",
    "programme_ends",
}


@dataclass(frozen=True)
class HowStep:
    """One of the steps in short: what, and how much of one's time."""

    title: str
    note: str


@dataclass(frozen=True)
class HomePage:
    """What the home page shows; a portal without a public cycle has none."""

    cycle: Cycle
    phase: Phase
    opens_at: Any
    deadline: Deadline | None
    dates: list[DateRow]
    steps: list[HowStep]
    tracks: list["TrackRow"]
    n_streams: int
    minutes: int
    site_names: list[str]


@dataclass(frozen=True)
class TrackRow:
    """A track in a list."""

    slug: str
    url: str
    name: str
    summary: str
    n_streams: int
    is_largest: bool


@dataclass(frozen=True)
class StepRow:
    """A step of a track with its window."""

    name: str
    kind: str
    minutes: int
    note: str
    until: str


@dataclass(frozen=True)
class TrackPage:
    """What the page of a track shows."""

    track: Track
    description: SafeString
    looks_for: SafeString
    steps: list[StepRow]
    questions: list[str]
    n_question_minutes: int
    hidden_from_first_readers: list[str]
    streams: list[StreamCard]
    is_largest: bool


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
class ComparedRow:
    """One line of a comparison."""

    label: str
    equal: bool
    cells: list[dict[str, str]]


@dataclass(frozen=True)
class ComparePage:
    """Up to four streams side by side."""

    heads: list[dict[str, str]]
    rows: list[ComparedRow]


def streams_visible_to(user: Any) -> QuerySet[Stream]:
    """Return the streams ``user`` may know of: published and paused ones; staff and admins know drafts too.

    Public pages show the former to everybody, whoever is signed in.
    """
    return Stream.objects.all() if is_staff(user) else Stream.objects.filter(state__in=PUBLIC_STATES)


def home_page(cycle: Cycle) -> HomePage:
    """Return what the home page shows of ``cycle``."""
    general = window(cycle, "general_opens", "general_closes")
    tracks = track_rows(cycle)
    minutes = minutes_of([cycle.general_form_id]).get(cycle.general_form_id, 0) if cycle.general_form_id else 0
    return HomePage(
        cycle=cycle,
        phase=phase_of(general, clock.arrival()),
        opens_at=general.opens_at,
        deadline=general.closes,
        dates=[row for row in date_rows(cycle) if row.code in HEADLINES or row.state == "next"],
        steps=_how_it_works(cycle, minutes),
        tracks=tracks,
        n_streams=Stream.objects.filter(cycle=cycle, state__in=PUBLIC_STATES).count(),
        minutes=minutes,
        site_names=list(cycle.sites.order_by("name").values_list("name", flat=True)),
    )


def track_rows(cycle: Cycle) -> list[TrackRow]:
    """Return the tracks of the cycle in their order, with the number of public streams in each."""
    tracks = (
        Track.objects.filter(cycle=cycle)
        .annotate(
            n_streams=Count("stream_tracks", filter=Q(stream_tracks__stream__state__in=PUBLIC_STATES), distinct=True)
        )
        .order_by("order")
    )
    most = max((track.n_streams for track in tracks), default=0)
    return [
        TrackRow(
            track.slug,
            track.get_absolute_url(),
            track.name,
            track.summary,
            track.n_streams,
            bool(most) and track.n_streams == most,
        )
        for track in tracks
    ]


def track_page(slug: str) -> TrackPage | None:
    """Return the page of a track of the public cycle, or ``None``."""
    track = Track.objects.filter(cycle__is_public_current=True, slug=slug).select_related("cycle", "form").first()
    if track is None:
        return None
    asked = outline(track.form) if track.form else None
    public = Stream.objects.filter(tracks=track, state__in=PUBLIC_STATES).order_by("title").values_list("pk", flat=True)
    rows = {row.slug: row for row in track_rows(track.cycle)}
    return TrackPage(
        track=track,
        description=render(track.description),
        looks_for=render(track.looks_for),
        steps=_steps(track),
        questions=[item.text for item in asked.items] if asked else [],
        n_question_minutes=asked.minutes if asked else 0,
        hidden_from_first_readers=_hidden(track),
        streams=stream_cards(list(public)),
        is_largest=rows[track.slug].is_largest,
    )


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


def compare_page(slugs: list[str]) -> ComparePage:
    """Return up to four public streams side by side; rows that are equal for all are marked."""
    found = list(
        Stream.objects.filter(cycle__is_public_current=True, state__in=PUBLIC_STATES, slug__in=slugs)
        .select_related("site")
        .prefetch_related("requirements", "cadences", "agreements", "stream_tracks__track")
    )
    found.sort(key=lambda stream: slugs.index(stream.slug))
    found = found[:MAX_COMPARED]
    minutes = minutes_of({stream.form_id for stream in found if stream.form_id})
    columns = [_compared(stream, minutes.get(stream.form_id, 0)) for stream in found]
    rows = []
    for label in columns[0] if columns else {}:
        texts = [column[label] for column in columns]
        if any(texts):
            cells = [{"label": stream.title, "text": text} for stream, text in zip(found, texts, strict=True)]
            rows.append(ComparedRow(label, len(set(texts)) == 1, cells))
    return ComparePage([{"label": stream.title, "url": stream.get_absolute_url()} for stream in found], rows)


def _compared(stream: Stream, minutes: int) -> dict[str, str]:
    lines = {
        kind: "\n".join(row.text for row in stream.requirements.all() if row.kind == kind) for kind in RequirementKind
    }
    return {
        "Focus": stream.summary,
        "Tracks": ", ".join(part.track.name for part in stream.stream_tracks.all()),
        "Project": str(stream.get_selection_mode_display()),
        "Meetings": meetings_of(list(stream.cadences.all())),
        "Reply time": reply_of(stream.reply_hours),
        "Place": place_of(stream),
        **{str(RequirementKind(kind).label): text for kind, text in lines.items()},
        "Interview": str(stream.get_interview_display()),
        "Time to apply": f"about {minutes} min" if minutes else "",
        "Agreement": "to be signed" if stream.agreements.all() else "none",
        "Seats": str(stream.seats_granted),
    }


def _how_it_works(cycle: Cycle, general: int) -> list[HowStep]:
    """Return the six steps with the time they take, from the steps of the tracks."""
    sums = {
        row["kind"]: row
        for row in Step.objects.filter(track__cycle=cycle)
        .values("kind")
        .annotate(
            least=Min("minutes", filter=Q(required=True)), most=Max("minutes"), n_tracks=Count("track", distinct=True)
        )
        .order_by()
    }
    n_tracks = Track.objects.filter(cycle=cycle).count()

    def spread(*kinds: str) -> str:
        rows = [sums[kind] for kind in kinds if kind in sums]
        least = sum((row["least"] or 0) for row in rows if row["n_tracks"] == n_tracks)
        most = sum(row["most"] or 0 for row in rows)
        return f"{least} to {most} min" if least != most else f"{most} min"

    forms = minutes_of(Track.objects.filter(cycle=cycle, form__isnull=False).values_list("form", flat=True))
    longest = general + max(forms.values(), default=0)
    return [
        HowStep("General application", f"{general} to {longest} min, by the tracks you choose"),
        HowStep("Streams and track tasks", spread(StepKind.STREAM_APPLICATION, StepKind.EVALUATION)),
        HowStep("Reading", f"by {cycle.reviews_per_application} people, without your name"),
        HowStep("Stream tasks and interviews", spread(StepKind.STREAM_EVALUATION, StepKind.INTERVIEW)),
        HowStep("Both sides rank", "nobody sees the other side's order"),
        HowStep("Offer", "at least 7 days to reply"),
    ]


def _steps(track: Track) -> list[StepRow]:
    ends = {row.code: row.official for row in date_rows(track.cycle)}
    return [
        StepRow(step.name, step.kind, step.minutes, _note(step), ends.get(step.closes_code, ""))
        for step in track.steps.order_by("order")
    ]


def _note(step: Step) -> str:
    """Say what a step is, and first whether everybody has it."""
    if step.required:
        return step.note
    return f"Not for everybody. {step.note}"


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
        own, note = step.minutes, _note(step)
        if step.kind == StepKind.STREAM_APPLICATION:
            own, note = minutes, "The questions above."
        elif step.kind == StepKind.INTERVIEW:
            note = f"{stream.get_interview_display()}."
        rows.append(StepRow(step.name, step.kind, own, note, ends.get(step.closes_code, "")))
    return rows


def _hidden(track: Track) -> list[str]:
    names = {"identity": "your name and personal links", "institution": "your institution and degrees"}
    return [text for name, text in names.items() if name in track.blind_fields]


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
        for part in sorted(stream.stream_mentors.all(), key=lambda row: row.order)
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
