"""The mail before a close: to people with something unfinished, about what is missing."""

from django.db import transaction

from applications.models import Application
from applications.queries.calendar import dates_for
from applications.queries.reminders import STATE_OF, TEMPLATE, missing_of
from applications.states import Window
from core import clock, outbox
from core.transitions import locked


@transaction.atomic
def remind_of_close(*, application: Application, window: str, lead: str) -> Application:
    """Write one reminder; asking twice is one mail. Does nothing if there is nothing left to do, or no time."""
    application = locked(application, "cycle", "person")
    if application.internal_state != STATE_OF[Window(window)] or not application.person.wants_reminders:
        return application
    deadline = dates_for(application).deadline(window)
    missing = missing_of(application, window)
    if not missing or deadline.is_past(clock.now()):
        return application
    outbox.enqueue(
        # The instant belongs to the key: a deadline that was moved brings its own reminders.
        key=f"close-reminder:{application.public_id}:{window}:{deadline.closes_at:%Y%m%d%H%M}:{lead}",
        to=application.person.email,
        person=application.person,
        template=TEMPLATE,
        application=application,
        lead=lead,
        missing=missing,
        deadline=deadline,
        own_time=deadline.in_zone(application.person.timezone or "UTC"),
        has_fallback=application.submitted_at is not None,
    )
    return application
