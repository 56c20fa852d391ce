"""The stage-2 pages: own streams, what can be added, the tasks, the effort."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum
from django.urls import reverse

from applications.models import Application, EvaluationAssignment, EvaluationDefinition, StreamApplication
from applications.queries.calendar import CycleDates, dates_for
from applications.queries.places import place_warning, places_of
from applications.queries.sheets import Part, evaluation_place, parts, stream_place
from applications.queries.task_windows import WritingTime, writing_time
from applications.queries.timed import LAST_SAVE_GRACE
from applications.queries.values import is_empty
from applications.queries.wording import stream_wording, task_wording
from applications.states import (
    NOT_ASKED,
    AiPolicy,
    ApplicationState,
    EvaluationState,
    StreamApplicationState,
    TaskWindow,
    TrackState,
)
from core import clock
from questions.models import FormItem
from questions.states import FormState
from streams.models import Agreement, Stream
from streams.queries import stream_asks
from streams.queries.stream import RequirementList
from streams.states import PUBLIC_STATES, InPerson, RequirementKind, StreamState


@dataclass(frozen=True)
class StreamRow:
    """One stream of the hub."""

    title: str
    url: str
    kind: str
    state: str
    minutes: int
    n_reused: int
    notes: tuple[str, ...]
    is_draft: bool
    action: str


@dataclass(frozen=True)
class PickRow:
    """One stream that can be added, or a reason why not."""

    slug: str
    title: str
    detail_url: str
    minutes: int
    notes: tuple[str, ...]
    reason: str
    warning: str


@dataclass(frozen=True)
class TaskRow:
    """One evaluation of the hub."""

    title: str
    url: str
    kind: str
    state: str
    minutes: int
    policy: str
    tracks: str
    submitted_at: datetime | None
    due_at: datetime | None
    due_zone: str
    is_open: bool
    has_own_time: bool


@dataclass(frozen=True)
class Hub:
    """Everything the stage-2 hub shows."""

    rows: list[StreamRow]
    tasks: list[TaskRow]
    picks: list[PickRow]
    others: list[PickRow]
    effort: int
    budget: int
    n_drafts: int
    is_open: bool
    dates: CycleDates


def is_stage2_open(application: Application, dates: CycleDates) -> bool:
    """Say whether stage 2 may be written now."""
    arrived = clock.arrival()
    return (
        application.released_state == ApplicationState.STAGE2
        and dates.has_begun("stage2_opens", arrived)
        and dates.deadline("stage2_closes").takes(arrived)
    )


def hub(application: Application) -> Hub:
    """Return the stage-2 hub of one application, in a fixed number of queries."""
    dates = dates_for(application)
    streams = list(
        application.stream_applications.select_related("stream", "stream__site")
        .prefetch_related("stream__agreements")
        .order_by("stream__title")
    )
    tasks = _tasks(application)
    places = {row: stream_place(row) for row in streams} | {row: evaluation_place(row) for row in tasks}
    loaded = parts(application, list(places.values()))
    can_be = places_of(application)
    rows = [_stream_row(row, loaded[places[row]], can_be) for row in streams]
    live = [row for row in streams if row.released_state != StreamApplicationState.WITHDRAWN]
    effort = sum(row.definition.effort_minutes for row in tasks if row.state not in NOT_ASKED) + sum(
        part.minutes for row in live for part in loaded[places[row]]
    )
    is_open = is_stage2_open(application, dates)
    known = {row.stream_id for row in live}
    picks, others = _picks(application, known, effort, can_be) if is_open else ([], [])
    asked_by = _askers(tasks, application, live)
    return Hub(
        rows=rows,
        tasks=[_task_row(row, asked_by.get(row.definition_id, ""), application, dates) for row in tasks],
        picks=picks,
        others=others,
        effort=effort,
        budget=application.cycle.effort_budget_minutes,
        n_drafts=sum(row.is_draft for row in rows),
        is_open=is_open,
        dates=dates,
    )


def _stream_row(row: StreamApplication, sections: list[Part], can_be: Collection[str]) -> StreamRow:
    kind, state = stream_wording(row)
    is_draft = row.released_state == StreamApplicationState.DRAFT
    if is_draft and not any(part.is_started for part in sections):
        kind, state = "none", "Not started"
    action = "Continue" if state == "Draft" else "Start" if is_draft else "View"
    if row.released_state == StreamApplicationState.WITHDRAWN:
        action = ""
    return StreamRow(
        title=row.stream.title,
        url=reverse("applications:stream_form", args=[row.stream.slug]),
        kind=kind,
        state=state,
        minutes=sum(part.minutes for part in sections),
        n_reused=sum(one.is_reused for part in sections for one in part.items),
        notes=tuple(stream_notes(row.stream, list(row.stream.agreements.all()), can_be)),
        is_draft=is_draft,
        action=action,
    )


def stream_notes(stream: Stream, agreements: Collection[Agreement], can_be: Collection[str] = ()) -> list[str]:
    """Say what a person should know before they apply: it informs and never stops them."""
    notes = []
    if warning := place_warning(stream, can_be):
        notes.append(warning)
    elif stream.in_person == InPerson.REQUIRED and stream.site:
        notes.append(f"In person in {stream.site.city}")
    elif stream.in_person == InPerson.DEFAULT and stream.site:
        notes.append(f"In person in {stream.site.city} by default")
    if any(one.ack_at_apply for one in agreements):
        notes.append("Read an agreement first")
    return notes


def _askers(
    tasks: Collection[EvaluationAssignment], application: Application, streams: Collection[StreamApplication]
) -> dict[int, str]:
    """Return for each definition which of the person's own tracks and streams ask for it, in two queries."""
    names: dict[int, list[str]] = {}
    wanted = [row.definition_id for row in tasks]
    tracks = (
        EvaluationDefinition.tracks.through.objects.filter(
            evaluationdefinition__in=wanted, track__track_applications__application=application
        )
        .select_related("track")
        .order_by("track__order")
    )
    for link in tracks:
        names.setdefault(link.evaluationdefinition_id, []).append(link.track.name)
    own = {row.stream_id: row.stream.title for row in streams}
    links = EvaluationDefinition.streams.through.objects.filter(evaluationdefinition__in=wanted, stream__in=own)
    for asked, stream in links.values_list("evaluationdefinition_id", "stream_id").order_by("stream__title"):
        names.setdefault(asked, []).append(own[stream])
    return {key: ", ".join(value) for key, value in names.items()}


def task_askers(row: EvaluationAssignment) -> str:
    """Name the person's tracks and streams that one task serves."""
    application = row.application
    streams = application.stream_applications.exclude(released_state=StreamApplicationState.WITHDRAWN)
    return _askers([row], application, streams.select_related("stream")).get(row.definition_id, "")


def _tasks(application: Application) -> list[EvaluationAssignment]:
    """Return the person's tasks; one that nobody asks for any more is not there."""
    rows = application.evaluation_assignments.exclude(state=EvaluationState.VOID).select_related("definition")
    return list(rows.order_by("assigned_at", "pk"))


def late_tasks(application: Application, dates: CycleDates) -> list[TaskRow]:
    """Return the tasks that are open to a person after stage 2: with more time, or asked for by mentors."""
    waiting = application.evaluation_assignments.filter(state__in=[EvaluationState.ASSIGNED, EvaluationState.STARTED])
    rows = waiting.select_related("definition").order_by("assigned_at", "pk")
    return [row for row in (_task_row(one, "", application, dates) for one in rows) if row.is_open]


def _task_row(row: EvaluationAssignment, tracks: str, application: Application, dates: CycleDates) -> TaskRow:
    kind, state = task_wording(row.state)
    window = writing_time(row, dates)
    is_open = window.is_open(application.released_state, clock.arrival())
    return TaskRow(
        title=row.definition.title,
        url=reverse("applications:task", args=[row.public_id]),
        kind=kind,
        state=state,
        minutes=row.definition.effort_minutes,
        policy=policy_words(row.definition),
        tracks=tracks,
        submitted_at=row.submitted_at,
        due_at=window.closes_at,
        due_zone=window.zone,
        is_open=is_open,
        has_own_time=is_open and (window.is_own or row.window != TaskWindow.STAGE2),
    )


def _picks(
    application: Application, known: set[int], effort: int, can_be: Collection[str]
) -> tuple[list[PickRow], list[PickRow]]:
    """Return the streams of the open tracks, then the others with the reason why they cannot be added."""
    states = dict(application.track_applications.values_list("track_id", "released_state"))
    known_streams = (
        Stream.objects.filter(cycle=application.cycle, state__in=PUBLIC_STATES)
        .exclude(pk__in=known)
        .select_related("site")
        .prefetch_related("stream_tracks__track", "agreements")
        .order_by("title")
    )
    streams = list(known_streams)
    minutes = _new_minutes(application, {stream.form_id for stream in streams if stream.form_id})
    budget = application.cycle.effort_budget_minutes
    picks: list[PickRow] = []
    others: list[PickRow] = []
    for stream in streams:
        tracks = {link.track_id: link.track.name for link in stream.stream_tracks.all()}
        own = minutes.get(stream.form_id or 0, 0)
        total = effort + own
        warning = (
            f"This takes you to {hours(total)}, over the {hours(budget)} this cycle aims for. You may still add it."
            if total > budget
            else ""
        )
        row = PickRow(
            slug=stream.slug,
            title=stream.title,
            detail_url=stream_url(stream.slug),
            minutes=own,
            notes=tuple(stream_notes(stream, list(stream.agreements.all()), can_be)),
            warning=warning,
            reason=_reason(stream, tracks, states),
        )
        (others if row.reason else picks).append(row)
    return picks, others


def _reason(stream: Stream, tracks: dict[int, str], states: dict[int, str]) -> str:
    names = " and ".join(tracks.values())
    if not tracks.keys() & states.keys():
        return f"In the {names} track, which you did not choose"
    if not any(states.get(track) == TrackState.STREAMS_OPEN for track in tracks):
        return f"In the {names} track, which is not open to you"
    if stream.state != StreamState.PUBLISHED:
        return f"Takes no applications now: {stream.pause_reason}"
    return ""


def _new_minutes(application: Application, forms: set[int]) -> dict[int, int]:
    """Return the declared minutes of each form, without the questions that the application answers already."""
    answered = application.answers.filter(scope="general").values_list("question_id", "value")
    reused = [question for question, value in answered if not is_empty(value)]
    sums = (
        FormItem.objects.filter(version__form__in=forms, version__state=FormState.PUBLISHED)
        .exclude(question__in=reused)
        .values_list("version__form")
        .annotate(n=Sum("question__effort_minutes"))
        .order_by()
    )
    return dict(sums)


def hours(minutes: int) -> str:
    """Write minutes as ``9 h 05``, ``8 h`` or ``45 min``."""
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes % 60 else f"{minutes // 60} h"


def stream_url(slug: str) -> str:
    """Return the address of a stream in the public catalogue."""
    return f"/streams/{slug}/"


@dataclass(frozen=True)
class StreamSheet:
    """One stream application with everything its page shows."""

    row: StreamApplication
    sections: list[Part]
    agreement: Agreement | None
    #: Public id, title, whether it is chosen, and code of each area.
    areas: list[tuple[str, str, bool, str]]
    warnings: tuple[str, ...]
    #: What the stream and the chosen areas look for; a page with another choice of areas shows other lists.
    looks_for: list[RequirementList]
    not_a_fit: list[str]
    is_open: bool
    dates: CycleDates

    @property
    def is_draft(self) -> bool:
        """Whether its applicant may write it."""
        return self.is_open and self.row.released_state == StreamApplicationState.DRAFT

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Element and sentence of everything that stands against submitting, but the tick at the end."""
        found = [(f"field-{one.item.pk}", one.problem) for part in self.sections for one in part.items if one.problem]
        if self.areas and not any(chosen for _, _, chosen, _ in self.areas):
            found.insert(0, ("field-areas", "Choose at least one area of this stream"))
        return found


def stream_sheet(row: StreamApplication) -> StreamSheet:
    """Return one stream application with its questions, areas and agreement."""
    application, stream = row.application, row.stream
    dates = dates_for(application)
    place, about = stream_place(row), stream_asks(stream.pk)
    chosen = set(row.areas.values_list("pk", flat=True)) if about.areas else set()
    lists = about.looked_for(chosen)
    return StreamSheet(
        row=row,
        sections=parts(application, [place])[place],
        agreement=about.agreement_at(clock.now()),
        areas=[(area.public_id, area.title, area.pk in chosen, area.code) for area in about.areas],
        warnings=tuple(stream_notes(stream, [], places_of(application))),
        looks_for=[one for one in lists if one.kind != RequirementKind.NOT_A_FIT],
        not_a_fit=[line.text for one in lists if one.kind == RequirementKind.NOT_A_FIT for line in one.lines],
        is_open=is_stage2_open(application, dates),
        dates=dates,
    )


def task_sections(row: EvaluationAssignment) -> list[Part]:
    """Return the questions of one evaluation with the answers so far."""
    place = evaluation_place(row)
    return parts(row.application, [place])[place]


def is_task_open(row: EvaluationAssignment, window: WritingTime) -> bool:
    """Say whether the applicant may write this task now: one with a clock from its start to its end."""
    arrived = clock.arrival()
    if not window.is_open(row.application.released_state, arrived):
        return False
    if row.state == EvaluationState.STARTED:
        return arrived <= row.ends_at + LAST_SAVE_GRACE
    return row.state == EvaluationState.ASSIGNED and not row.definition.is_timed and not row.definition.is_external


def policy_words(definition: EvaluationDefinition) -> str:
    """Say in one line which rule on AI tools holds."""
    words = str(AiPolicy(definition.ai_policy).label)
    return f"{words}; some parts differ" if len(definition.policies) > 1 else words
