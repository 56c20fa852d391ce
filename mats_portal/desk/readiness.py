"""Whether a cycle can become the public one: dates, tracks, forms, streams, rubrics, texts; and what that shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.queries import is_staff
from applications.models import EvaluationDefinition
from core import clock
from core.editions import kept
from mats_portal.desk.catalogue.checking import PAIRS
from mats_portal.desk.models import CyclePublication, PublicationState
from mats_portal.desk.self_test import report
from questions.models import Form, FormVersion
from questions.states import FormState
from reviews.models import Rubric
from reviews.states import RubricState
from streams.models import Cycle, Step, Stream, Track
from streams.queries import dates_of
from streams.queries.cycles import standing
from streams.states import PUBLIC_STATES, StepKind, StreamState


@dataclass(frozen=True)
class Check:
    """One line: ``ok``, ``warn`` (look at it) or ``bad`` (it stands against)."""

    state: str
    text: str
    url: str = ""


def checks_of(cycle: Cycle) -> list[Check]:
    """Return what was looked at, in the order of the list that staff go through."""
    return [*_dates(cycle), *_tracks(cycle), *_forms(cycle), *_streams(cycle), *_rubrics(cycle), *_texts(cycle)]


def stands_against(cycle: Cycle) -> list[str]:
    """Return what has to be put right before ``cycle`` can be public."""
    return [check.text for check in checks_of(cycle) if check.state == "bad"]


def _dates(cycle: Cycle) -> Iterator[Check]:
    dates, now = dates_of(cycle), clock.now()
    missing = [code for pair in PAIRS for code in pair if dates.instant(code) is None]
    if missing:
        yield Check("bad", f"These dates are not set: {_listed(missing)}.")
    wrong = [pair for pair in PAIRS if not set(pair) & set(missing) and not _is_ordered(dates.by_code, *pair)]
    for opens, closes in wrong:
        yield Check("bad", f"“{closes}” is not later than “{opens}”.")
    closes_at = dates.find_deadline("general_closes")
    if closes_at and closes_at.is_past(now):
        yield Check("bad", f"Applications closed on {closes_at.official()} already. Move the dates first.")
    elif not missing and not wrong:
        yield Check("ok", f"The dates are set and in order; applications close on {closes_at.official()}.")
    unknown = sorted(
        {code for step in Step.objects.filter(track__cycle=cycle) for code in (step.opens_code, step.closes_code)}
        - dates.by_code.keys()
        - {""}
    )
    if unknown:
        yield Check("bad", f"Steps of tracks wait for dates that are not set: {_listed(unknown)}.")


def _is_ordered(by_code: Any, opens: str, closes: str) -> bool:
    return bool(by_code[opens].starts_at < by_code[closes].starts_at)


def _tracks(cycle: Cycle) -> Iterator[Check]:
    tracks = list(Track.objects.filter(cycle=cycle).prefetch_related("steps"))
    if not tracks:
        yield Check("bad", "It has no track.")
        return
    empty = [track.name for track in tracks if not track.steps.all()]
    if empty:
        yield Check("bad", f"Tracks without a step: {_listed(empty)}.")
    else:
        yield Check("ok", f"{len(tracks)} track{'' if len(tracks) == 1 else 's'}, each with its steps.")


def forms_of(cycle: Cycle) -> list[Form]:
    """Return every form that somebody fills in in ``cycle``, except those of streams that are not published."""
    definitions = EvaluationDefinition.objects.filter(cycle=cycle, form__isnull=False)
    wanted = (
        Q(pk=cycle.general_form_id)
        | Q(tracks__cycle=cycle)
        | Q(pk__in=Stream.objects.filter(cycle=cycle, state__in=PUBLIC_STATES).values("form_id"))
        | Q(pk__in=definitions.values("form_id"))
    )
    return list(Form.objects.filter(wanted).distinct().order_by("title"))


def _forms(cycle: Cycle) -> Iterator[Check]:
    if cycle.general_form_id is None:
        yield Check("bad", "It has no general form.")
    yield from _tested(cycle)


@kept
def _tested(cycle: Cycle) -> tuple[Check, ...]:
    """Return what the self-tests say: seconds for a whole catalogue, and the same until the configuration changes."""
    return tuple(_self_tests(cycle))


def _self_tests(cycle: Cycle) -> Iterator[Check]:
    forms = forms_of(cycle)
    versions = {
        version.form_id: version
        for version in FormVersion.objects.filter(form__in=forms, state=FormState.PUBLISHED).select_related("form")
    }
    n_green = 0
    for form in forms:
        url = reverse("desk:form", args=[form.public_id])
        if form.pk not in versions:
            yield Check("bad", f"The form “{form}” has no published version.", url)
        elif found := [finding for line in report(versions[form.pk]) for finding in line.findings]:
            yield Check("bad", f"The self-test of the form “{form}” finds: {found[0].rstrip('.')}.", url)
        else:
            n_green += 1
    if n_green == len(forms) and forms:
        yield Check("ok", f"{n_green} form{'' if n_green == 1 else 's'} in force, the self-test of each is green.")


def _streams(cycle: Cycle) -> Iterator[Check]:
    states = list(Stream.objects.filter(cycle=cycle).values_list("state", flat=True))
    shown, drafts = sum(state in PUBLIC_STATES for state in states), states.count(StreamState.DRAFT)
    if not shown:
        yield Check("bad", "No stream is published: the catalogue would be empty.")
    else:
        yield Check("ok", f"{shown} stream{'' if shown == 1 else 's'} published.")
    if drafts:
        words = "1 stream is a draft" if drafts == 1 else f"{drafts} streams are drafts"
        yield Check("warn", f"{words}: nobody outside sees them.")


def _rubrics(cycle: Cycle) -> Iterator[Check]:
    read = Track.objects.filter(cycle=cycle, steps__kind=StepKind.CENTRAL_REVIEW).distinct()
    in_force = Rubric.objects.filter(state=RubricState.PUBLISHED, track__cycle=cycle).values("track_id")
    lacking = list(read.exclude(pk__in=in_force).order_by("order").values_list("name", flat=True))
    if lacking:
        yield Check("bad", f"No rubric is in force for: {_listed(lacking)}.")
    elif read:
        yield Check("ok", "A rubric is in force for every track that is read.")


def _texts(cycle: Cycle) -> Iterator[Check]:
    if not cycle.summary.strip():
        yield Check("bad", "The cycle has no text that introduces it on the home page.")
    thin = list(
        Track.objects.filter(cycle=cycle).filter(Q(description="") | Q(looks_for="")).values_list("name", flat=True)
    )
    if thin:
        yield Check("warn", f"No description, or nothing about whom it looks for: {_listed(thin)}.")
    elif cycle.summary.strip():
        yield Check("ok", "The cycle and its tracks have their texts.")


def _listed(words: list[str]) -> str:
    return ", ".join(words)


@dataclass(frozen=True)
class StreamLine:
    """One stream of the cycle, to be published."""

    public_id: str
    title: str
    state: str
    kind: str
    seats: int | None
    can_publish: bool


@dataclass(frozen=True)
class CyclePage:
    """Everything on the page of one cycle."""

    public_id: str
    name: str
    code: str
    standing: str
    is_public: bool
    starts_on: Any
    ends_on: Any
    n_applications: int
    checks: list[Check]
    streams: list[StreamLine]
    effects: list[dict[str, Any]]
    waiting: CyclePublication | None
    is_mine: bool
    latest: CyclePublication | None
    past: list[CyclePublication]

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands against it."""
        return all(check.state != "bad" for check in self.checks)

    @property
    def can_undo(self) -> bool:
        """Whether it can still be taken back."""
        return self.is_public and self.latest is not None and not self.n_applications

    @property
    def has_drafts(self) -> bool:
        """Whether a stream can be published here."""
        return any(line.can_publish for line in self.streams)


def cycles_visible_to(user: Any) -> Any:
    """Return the cycles that ``user`` may prepare: all of them for staff."""
    return Cycle.objects.all() if user.is_authenticated and is_staff(user) else Cycle.objects.none()


def publications_visible_to(user: Any) -> Any:
    """Return the publications that ``user`` may decide on: all of them for staff."""
    rows = CyclePublication.objects.select_related("cycle", "replaced")
    return rows if user.is_authenticated and is_staff(user) else rows.none()


def cycle_page(cycle: Cycle, user: Any) -> CyclePage:
    """Return the page of one cycle."""
    rows = list(
        cycle.publications.select_related("cycle", "replaced", "proposed_by", "confirmed_by").order_by("-pk")[:20]
    )
    waiting = next((row for row in rows if row.state == PublicationState.PROPOSED), None)
    return CyclePage(
        public_id=cycle.public_id,
        name=cycle.name,
        code=cycle.code,
        standing=standing(cycle, clock.now().date()),
        is_public=cycle.is_public_current,
        starts_on=cycle.programme_starts_on,
        ends_on=cycle.programme_ends_on,
        n_applications=cycle.applications.count(),
        checks=[] if cycle.is_public_current else checks_of(cycle),
        streams=_stream_lines(cycle),
        effects=[] if cycle.is_public_current else _effects(cycle),
        waiting=waiting,
        is_mine=waiting is not None and waiting.proposed_by_id == user.pk,
        latest=next((row for row in rows if row.state == PublicationState.DONE), None),
        past=[row for row in rows if row.state != PublicationState.PROPOSED],
    )


CHIPS = {StreamState.DRAFT: "none", StreamState.PUBLISHED: "done"}


def _stream_lines(cycle: Cycle) -> list[StreamLine]:
    return [
        StreamLine(
            row.public_id,
            row.title,
            row.get_state_display(),
            CHIPS.get(StreamState(row.state), "wait"),
            row.seats_granted,
            row.state == StreamState.DRAFT and bool(row.seats_granted),
        )
        for row in Stream.objects.filter(cycle=cycle).order_by("title")
    ]


def _effects(cycle: Cycle) -> list[dict[str, Any]]:
    """Say what visitors see from then on, and what they no longer see."""
    opens, closes = dates_of(cycle).instant("general_opens"), dates_of(cycle).find_deadline("general_closes")
    before = Cycle.objects.filter(is_public_current=True).first()
    shown = Stream.objects.filter(cycle=cycle, state__in=PUBLIC_STATES).count()
    items: list[dict[str, Any]] = [
        {"count": cycle.tracks.count(), "text": f"tracks of {cycle} are shown", "note": "With their steps and dates."},
        {"count": shown, "text": "streams stand in the catalogue", "note": "Drafts do not."},
    ]
    if opens and closes:
        items.append({"count": None, "text": _opening(opens), "note": f"Until {closes.official()}."})
    if before:
        taken = before.applications.count()
        note = f"{taken} applications to it stay as they are, and so do their pages." if taken else ""
        items.append({"count": None, "text": f"{before} leaves the public site", "note": note})
    return items


def _opening(opens: datetime) -> str:
    if opens <= clock.now():
        return "People can apply at once."
    return f"People can apply from {opens.day} {opens:%B %Y} on; until then the site says when."


def open_elsewhere(cycle: Cycle) -> str:
    """Name the public cycle that still takes applications: to replace it would lock people out; else nothing."""
    public = Cycle.objects.filter(is_public_current=True).exclude(pk=cycle.pk).first()
    if public is None:
        return ""
    dates, now = dates_of(public), clock.now()
    closes = dates.find_deadline("general_closes")
    is_open = closes is not None and dates.has_begun("general_opens", now) and closes.takes(now)
    return f"{public} takes applications until {closes.official()}." if is_open and closes else ""
