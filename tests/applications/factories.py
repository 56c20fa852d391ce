"""Applications at each station of their way, made by the domain's own functions."""

from typing import Any

from accounts.models import User
from applications.domain.answers import save_answer
from applications.domain.application import (
    choose_tracks,
    close_application,
    close_stage2,
    open_stage2,
    start_application,
    submit_application,
)
from applications.domain.evaluations import submit_evaluation
from applications.domain.streams import add_stream, choose_areas, submit_stream_application
from applications.models import Answer, Application, EvaluationAssignment, StreamApplication
from applications.queries.sheets import Place, evaluation_place, general_place, parts, stream_place, track_places
from applications.states import TrackState
from core import clock
from core.transitions import publish_state, transition
from questions.models import Question
from questions.states import QuestionKind
from tests.worlds import World

SAMPLES: dict[str, Any] = {
    QuestionKind.SHORT_TEXT: "Ada Example",
    QuestionKind.LONG_TEXT: "I built a small test and ran it twice.",
    QuestionKind.YES_NO: True,
    QuestionKind.NUMBER: 3,
    QuestionKind.DATE: "2026-05-01",
    QuestionKind.CONSENT: True,
    QuestionKind.ACKNOWLEDGEMENT: True,
    QuestionKind.AVAILABILITY: {"from": "2026-09-28", "until": "2026-12-04", "hours": "40", "note": ""},
    QuestionKind.LINKS: [{"url": "https://example.org/a", "why": "a thing I built"}],
}


def sample(question: Question) -> Any:
    """Return an answer that the question takes."""
    if question.kind == QuestionKind.CHOICE:
        return question.choices[0]["value"]
    if question.kind in {QuestionKind.MULTI_CHOICE, QuestionKind.ONE_OR_MORE}:
        return [choice["value"] for choice in question.choices[: max(1, question.at_least)]]
    if question.kind == QuestionKind.SKILL:
        level = question.choices[-1]["value"]
        return {"level": level, "evidence": "I keep one running.", "url": "https://example.org/s"}
    return SAMPLES[question.kind]


def answer(application: Application, code: str, value: Any, *, place: Place | None = None) -> Answer:
    """Type one answer over whatever is there."""
    place = place or general_place(application)
    asked = next(one for part in parts(application, [place])[place] for one in part.items if one.question.code == code)
    return save_answer(
        application=application,
        item=asked.item,
        scope=place.scope,
        scope_key=place.scope_key,
        value=value,
        version=asked.version,
        by=application.person,
    )


def fill(application: Application, place: Place) -> None:
    """Answer every question of one form."""
    for part in parts(application, [place])[place]:
        for asked in part.items:
            if asked.question.kind == QuestionKind.FILE:
                continue  # what it takes to send one is shown by the tests of files
            answer(application, asked.question.code, sample(asked.question), place=place)


def draft(world: World, who: str = "applicant", tracks: tuple[str, ...] = ("empirical",)) -> Application:
    """Make a complete draft in the open window."""
    user: User = world.people[who]
    with clock.at(world.moments["open"]):
        application = start_application(cycle=world.cycle, person=user, by=user)
        choose_tracks(application=application, tracks=[world.tracks[slug] for slug in tracks], by=user)
        for place in [general_place(application), *track_places(application)]:
            fill(application, place)
    return application


def submitted(world: World, who: str = "applicant", tracks: tuple[str, ...] = ("empirical",)) -> Application:
    """Make an application that is handed in."""
    application = draft(world, who, tracks)
    with clock.at(world.moments["open"]):
        return submit_application(application=application, by=application.person)


def in_screen(world: World, who: str = "applicant", tracks: tuple[str, ...] = ("empirical",)) -> Application:
    """Make an application whose window has closed."""
    application = submitted(world, who, tracks)
    with clock.at(world.moments["closed"]):
        return close_application(application=application)


def in_stage2(world: World, who: str = "applicant", tracks: tuple[str, ...] = ("empirical",)) -> Application:
    """Make an application that was let into stage 2 in all its tracks."""
    application = in_screen(world, who, tracks)
    with clock.at(world.moments["stage2"]):
        for row in application.track_applications.filter(internal_state=TrackState.IN_SCREEN):
            publish_state(transition(row, "pass_screen", by=None), by=None)
        return open_stage2(application=application)


def stream_draft(world: World, application: Application, slug: str) -> StreamApplication:
    """Add a stream and answer what it asks."""
    with clock.at(world.moments["stage2"]):
        row = add_stream(application=application, stream=world.streams[slug], by=application.person)
        fill(application, stream_place(row))
        if areas := list(row.stream.areas.all())[:1]:
            choose_areas(stream_application=row, areas=areas, by=application.person)
    return row


def stream_submitted(world: World, application: Application, slug: str) -> StreamApplication:
    """Hand in one stream application."""
    row = stream_draft(world, application, slug)
    with clock.at(world.moments["stage2"]):
        return submit_stream_application(stream_application=row, by=application.person, acknowledged=("agreement",))


def evaluation_submitted(world: World, application: Application) -> EvaluationAssignment:
    """Hand in the coding task."""
    row = application.evaluation_assignments.get()
    with clock.at(world.moments["stage2"]):
        fill(application, evaluation_place(row))
        return submit_evaluation(assignment=row, by=application.person, ai_statement="none")


def under_review(
    world: World,
    who: str = "applicant",
    tracks: tuple[str, ...] = ("empirical",),
    streams: tuple[str, ...] = ("alpha",),
) -> Application:
    """Make an application with submitted streams and a task whose stage 2 has closed."""
    application = in_stage2(world, who, tracks)
    for slug in streams:
        stream_submitted(world, application, slug)
    evaluation_submitted(world, application)
    with clock.at(world.moments["review"]):
        return close_stage2(application=application)
