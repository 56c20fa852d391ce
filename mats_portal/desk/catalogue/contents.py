"""What the database holds of a cycle, in the shape of a catalogue: the other direction of `importing`."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from applications.models import EvaluationDefinition
from core import deadlines
from core.refusals import Refused
from mats_portal.desk.catalogue.reading import END_OF_DAY
from mats_portal.desk.catalogue.stream_text import STREAM_TEXT
from questions.models import FormVersion, Question
from questions.states import FormState
from reviews.models import Rubric
from reviews.states import RubricState
from streams.models import Cycle, HelpEntry, KeyDate, Mentor, ResearchArea, Site, Step, Stream, Track
from streams.states import Precision, StreamState


def contents(cycle: Cycle) -> dict[str, Any]:
    """Return everything that a catalogue says of ``cycle``, in the shape of the specification.

    What belongs to no cycle (questions, forms, topics, mentors) comes whole.
    """
    return {
        "cycle": _cycle(cycle),
        "key_dates": [_key_date(row) for row in cycle.key_dates.order_by("order", "pk")],
        "sites": [_same(row, "slug", "name", "city", "timezone", "seats") for row in _sites(cycle)],
        "topics": [_topic(row) for row in _topics()],
        "questions": [_question(row) for row in Question.objects.order_by("pk")],
        "forms": [_form(version) for version in _published_forms()],
        "tracks": [_track(row) for row in cycle.tracks.select_related("form").order_by("order")],
        "finder": cycle.finder,
        "evaluations": [_evaluation(row) for row in _latest_definitions(cycle)],
        "mentors": [_mentor(row) for row in Mentor.objects.order_by("pk")],
        "streams": [_stream(row) for row in _streams(cycle)],
        "practice": [item for track in cycle.tracks.order_by("order") for item in _practice(track)],
        "help": [_help(row) for row in HelpEntry.objects.order_by("pk")],
    }


def _same(row: Any, *names: str) -> dict[str, Any]:
    """Return the columns that are called in the file as they are in the database."""
    return {name: getattr(row, name) for name in names}


def _cycle(cycle: Cycle) -> dict[str, Any]:
    same = (
        "slug",
        "code",
        "name",
        "summary",
        "programme_starts_on",
        "programme_ends_on",
        "grace_minutes",
        "effort_budget_minutes",
        "reviews_per_application",
        "offer_mode",
        "caps_by",
        "max_referees",
        "referees_asked",
        "practice_required",
        "gives_out_reading",
        "feedback_policy",
        "explain_difference",
        "concern_reply_days",
        "concern_decision_days",
        "concern_appeal_days",
        "concern_reminder_days",
        "cohort_cap",
    )
    return _same(cycle, *same) | {
        "zone": cycle.zone_rule,
        "public_current": cycle.is_public_current,
        "general_form": cycle.general_form.code if cycle.general_form else None,
    }


def _key_date(row: KeyDate) -> dict[str, Any]:
    on, at = _day_and_time(row, row.starts_at)
    if row.moved_from:
        moved_from, then = _day_and_time(row, row.moved_from)
        if then != at:
            raise Refused(f"The key date “{row.code}” was moved from another time of day, which no catalogue can say.")
    return _same(row, "code", "label", "note", "zone", "audience", "who_acts", "public", "moved_reason") | {
        "on": on,
        "at": at,
        "until": _last_day(row) if row.ends_at else None,
        "moved_from": moved_from if row.moved_from else None,
        "moved_on": _day(row.moved_at, f"The key date “{row.code}” was moved"),
    }


def _day_and_time(row: KeyDate, moment: datetime) -> tuple[date, str]:
    """Return what was entered for ``moment``. Raises ``Refused`` where nothing that can be entered means it."""
    local = moment.astimezone(deadlines.zone_of(row.zone))
    if row.precision == Precision.END_OF_DAY:
        on, said, at = (local - timedelta(days=1)).date(), END_OF_DAY, None
    else:
        on, at = local.date(), local.time().replace(tzinfo=None)
        said = f"{at:%H:%M}" if row.precision == Precision.TIME else ""
        at = at.replace(second=0, microsecond=0) if said else time()
    if deadlines.instant(on, at, row.zone) != moment:
        raise Refused(f"The key date “{row.code}” is at {local:%H:%M:%S} in {row.zone}, which no catalogue can say.")
    return on, said


def _last_day(row: KeyDate) -> date:
    assert row.ends_at
    day = (row.ends_at.astimezone(deadlines.zone_of(row.zone)) - timedelta(days=1)).date()
    if deadlines.instant(day, None, row.zone) != row.ends_at:
        raise Refused(f"The key date “{row.code}” ends in the middle of a day, which no catalogue can say.")
    return day


def _day(moment: datetime | None, what: str) -> date | None:
    """Return the day of a moment that the importer put at its beginning."""
    if moment and moment.astimezone(UTC).time() != time():
        raise Refused(f"{what} at {moment.astimezone(UTC):%H:%M:%S} UTC, which no catalogue can say.")
    return moment.astimezone(UTC).date() if moment else None


def _sites(cycle: Cycle) -> QuerySet[Site]:
    return Site.objects.filter(Q(cycles=cycle) | Q(streams__cycle=cycle)).distinct().order_by("pk")


def _topics() -> list[ResearchArea]:
    """Return the topics in the order in which the importer makes them: first those without a parent."""
    rows = ResearchArea.objects.select_related("parent").order_by("pk")
    return sorted(rows, key=lambda row: row.parent_id is not None)


def _topic(row: ResearchArea) -> dict[str, Any]:
    return _same(row, "slug", "name") | {"parent": row.parent.slug if row.parent else ""}


def _question(row: Question) -> dict[str, Any]:
    return _same(
        row,
        *("code", "kind", "text", "help", "choices", "data_class", "at_least", "at_most"),
        *("optional_only", "asked_anew"),
    ) | {
        "meaning": row.canonical_meaning,
        "minutes": row.effort_minutes,
    }


def _published_forms() -> Iterator[FormVersion]:
    """Yield the version in force of each form; one that was never published asks nobody anything."""
    return iter(
        FormVersion.objects.filter(state=FormState.PUBLISHED)
        .select_related("form")
        .prefetch_related("items__question")
        .order_by("form__pk")
    )


def _form(version: FormVersion) -> dict[str, Any]:
    return {
        "code": version.form.code,
        "title": version.form.title,
        "sections": version.sections,
        "items": [
            _same(item, "section", "required", "max_words", "wording")
            | {"question": item.question.code, "show_if": item.visible_if}
            for item in version.items.all()
        ],
    }


def _track(track: Track) -> dict[str, Any]:
    same = ("slug", "name", "summary", "method", "description", "looks_for", "place_cap", "reviewers_read_references")
    return _same(track, *same) | {
        "form": _code(track.form),
        "blind": track.blind_fields,
        "steps": [_step(step) for step in track.steps.order_by("order")],
        "rubric": _rubric(track.rubrics.filter(state=RubricState.PUBLISHED).first()),
    }


def _step(step: Step) -> dict[str, Any]:
    return _same(step, "kind", "name", "required", "minutes", "note") | {
        "opens": step.opens_code,
        "closes": step.closes_code,
    }


def _rubric(rubric: Rubric | None) -> dict[str, Any] | None:
    if rubric is None:
        return None
    same = ("code", "name", "help", "weight", "anchors", "group", "group_rule")
    criteria = list(rubric.criteria.order_by("order", "pk"))
    return _same(rubric, "title", "note", "version") | {
        "scale_min": criteria[0].scale_min,
        "scale_max": criteria[0].scale_max,
        "criteria": [
            _same(row, *same) | {"questions": row.question_codes, "stream": row.stream_slug, "area": row.area_code}
            for row in criteria
        ],
    }


def _practice(track: Track) -> Iterator[dict[str, Any]]:
    """Yield the practice items of the rubric in force."""
    rubric = track.rubrics.filter(state=RubricState.PUBLISHED).first()
    for item in rubric.practice_items.all() if rubric else ():
        yield _same(item, "code", "title", "answers", "scores") | {"track": track.slug}


def _latest_definitions(cycle: Cycle) -> list[EvaluationDefinition]:
    """Return the newest version of each evaluation, in the order in which the evaluations were made."""
    newest: dict[str, EvaluationDefinition] = {}
    for row in cycle.evaluation_definitions.select_related("form").order_by("pk"):
        if row.code not in newest or row.version > newest[row.code].version:
            newest[row.code] = row
    return sorted(newest.values(), key=lambda row: row.pk)


def _evaluation(row: EvaluationDefinition) -> dict[str, Any]:
    rubric = row.rubrics.filter(state=RubricState.PUBLISHED).first()
    return (
        _same(
            row,
            "code",
            "title",
            "about",
            "brief",
            "kind",
            "ai_policy",
            "version",
            "reuse_cycles",
            "provider",
            "streams_ask",
        )
        | {
            "tracks": list(row.tracks.order_by("order").values_list("slug", flat=True)),
            "streams": list(row.streams.order_by("slug").values_list("slug", flat=True)),
            "form": row.form.code if row.form else "",
            "minutes": row.effort_minutes,
            "time_limit": row.time_limit_minutes or 0,
            "parts": [{"section": code, "ai_policy": rule} for code, rule in sorted(row.part_policies.items())],
        }
        | ({"rubric": _rubric(rubric)} if rubric else {})
    )


def _mentor(row: Mentor) -> dict[str, Any]:
    return _same(row, "code", "affiliation", "affiliation_type", "timezone", "bio") | {
        "name": row.display_name,
        "city": row.base_city,
        "hours": row.working_hours,
        "travel": row.travel_note,
    }


def _streams(cycle: Cycle) -> QuerySet[Stream]:
    return (
        cycle.streams.select_related("site", "form")
        .prefetch_related(
            "stream_tracks__track",
            "stream_mentors__mentor",
            "research_areas",
            "areas",
            "requirements__area",
            "cadences",
            "project_options",
            "reading",
            "agreements",
        )
        .order_by("pk")
    )


def _stream(row: Stream) -> dict[str, Any]:
    is_draft = row.state == StreamState.DRAFT
    return (
        _same(row, "slug", *STREAM_TEXT, "state")
        | {
            "site": row.site.slug if row.site else "",
            "tracks": [part.track.slug for part in _primary_first(row)],
            "topics": sorted(topic.slug for topic in row.research_areas.all()),
            "form": _code(row.form),
            "coalition": row.is_coalition,
            "pause_reason": row.pause_reason if row.state == StreamState.PAUSED else "",
            # A draft that was public before is published anew one day.
            "published_on": row.published_at.astimezone(UTC).date() if row.published_at and not is_draft else None,
        }
        | _stream_parts(row)
    )


def _primary_first(row: Stream) -> list[Any]:
    return sorted(row.stream_tracks.all(), key=lambda part: (not part.primary, part.track.order))


def _stream_parts(row: Stream) -> dict[str, Any]:
    meetings = ("frequency", "minutes", "format", "phase", "with_mentor", "in_person", "note")
    return {
        "mentors": [
            _same(part, "role", "cap", "note") | {"mentor": part.mentor.code} for part in row.stream_mentors.all()
        ],
        "areas": [_same(area, "code", "title", "description") for area in row.areas.all()],
        "requirements": [
            _same(item, "kind", "text", "options", "min_options") | {"area": _code(item.area)}
            for item in row.requirements.all()
        ],
        "cadences": [_same(meeting, *meetings) for meeting in row.cadences.all()],
        "projects": [_same(item, "title", "text") | {"open": item.is_open} for item in row.project_options.all()],
        "reading": [_same(item, "title", "url") for item in row.reading.all()],
        "agreements": [
            _same(text, "title", "version", "body", "ack_at_apply", "sign_before_start")
            | {"published_on": _day(text.published_at, f"Version {text.version} of “{text.title}” was published")}
            for text in sorted(row.agreements.all(), key=lambda text: text.version)
        ],
    }


def _help(row: HelpEntry) -> dict[str, Any]:
    return _same(row, "slug", "title", "summary", "body", "topic", "steps", "order") | {"public": row.is_public}


def _code(row: Any) -> str:
    return row.code if row else ""
