"""What an applicant has to do, and what is done, in one list."""

from django.urls import reverse

from applications.models import Application
from applications.queries.calendar import CycleDates, dates_for
from applications.queries.references import referee_page
from applications.queries.sections import is_writable, sections_of
from applications.queries.stage2 import Hub, TaskRow, hub, late_tasks
from applications.states import ApplicationState
from core.moves import OpenMove


def moves_of(application: Application, dates: CycleDates | None = None) -> list[OpenMove]:
    """Return the applicant's moves in this application, open ones first, from the released state alone."""
    dates = dates or dates_for(application)
    if application.released_state == ApplicationState.DRAFT and is_writable(application, dates):
        return [_write(application, dates), *referee_moves(application)]
    if application.released_state == ApplicationState.SUBMITTED:
        return [*referee_moves(application), _handed_in(application)]
    if application.released_state == ApplicationState.STAGE2:
        moves = [*_stage2(hub(application), dates), *referee_moves(application), _handed_in(application)]
        return sorted(moves, key=lambda move: not move.is_open)
    if application.released_state in {ApplicationState.UNDER_REVIEW, ApplicationState.FINAL}:
        return [_task(row) for row in late_tasks(application, dates)]
    return []


def _write(application: Application, dates: CycleDates) -> OpenMove:
    sections = sections_of(application)
    complete = sum(section.is_complete for section in sections)
    is_ready = complete == len(sections)
    return OpenMove(
        label="Check and submit your application" if is_ready else "General application",
        url=reverse("applications:check" if is_ready else "applications:tasklist"),
        state="Ready to submit" if is_ready else f"{complete} of {len(sections)} sections complete",
        minutes=sum(section.minutes_left for section in sections) or None,
        due_at=dates.instant("general_closes"),
        due_zone=dates.zone("general_closes"),
    )


def referee_moves(application: Application) -> list[OpenMove]:
    """Return one line about the referees: whom it waits for, or what to mend; nothing if none was named."""
    page = referee_page(application)
    if not page.rows or page.deadline is None:
        return []
    broken = next((row for row in page.rows if row.kind == "warn"), None)
    received = sum(row.kind == "done" for row in page.rows)
    state = f"{received} of {len(page.rows)} received"
    kind = "done" if received == len(page.rows) else "wait"
    if broken and page.is_open and page.n_free:
        kind, state = "warn", f"{broken.name}: {broken.state.lower()}"
    elif kind == "wait" and page.n_waiting:
        state = f"{state}, waiting for {page.n_waiting}"
    return [
        OpenMove(
            label="Referees",
            url=reverse("applications:referees"),
            state=state,
            kind=kind,
            due_at=page.deadline.closes_at if kind == "warn" else None,
            due_zone=page.deadline.zone,
        )
    ]


def _handed_in(application: Application) -> OpenMove:
    return OpenMove(
        label="General application",
        url=reverse("applications:receipt", args=[application.reference]),
        state="Submitted",
        kind="done",
    )


def _stage2(view: Hub, dates: CycleDates) -> list[OpenMove]:
    if not view.is_open:
        return []
    due_at, zone = dates.instant("stage2_closes"), dates.zone("stage2_closes")
    moves = [
        OpenMove(
            label=row.title,
            url=row.url,
            state=row.state,
            kind="move" if row.is_draft else row.kind,
            minutes=row.minutes or None,
            due_at=due_at if row.is_draft else None,
            due_zone=zone,
        )
        for row in view.rows
        if row.action
    ]
    if not moves:
        moves = [
            OpenMove(
                label="Choose streams", url=reverse("applications:stage2"), state="To do", due_at=due_at, due_zone=zone
            )
        ]
    return moves + [_task(task) for task in view.tasks]


def _task(task: TaskRow) -> OpenMove:
    return OpenMove(
        label=task.title,
        url=task.url,
        state=task.state,
        kind=task.kind,
        minutes=task.minutes,
        due_at=task.due_at if task.kind == "move" else None,
        due_zone=task.due_zone,
    )
