"""What an offer does to the application it was made to. Called by the app that makes offers."""

from typing import Any

from django.db import transaction

from applications.models import Application
from applications.states import ApplicationState
from core.transitions import locked, transition_openly


@transaction.atomic
def record_offer(*, application: Application, by: Any) -> Application:
    """Show the person that a place is offered; a second offer to the same person changes nothing.

    Raises ``Refused`` unless the application is with the mentors or offered already.
    """
    application = locked(application)
    if application.internal_state == ApplicationState.OFFERED:
        return application
    return transition_openly(application, "offer", by=by)


@transaction.atomic
def record_acceptance(*, application: Application, by: Any) -> Application:
    """Give the person the place. Raises ``Refused`` unless a place is offered."""
    return transition_openly(locked(application), "accept_offer", by=by)


@transaction.atomic
def record_loss(*, application: Application, by: Any) -> Application:
    """Put the person back with the mentors after their last open offer was declined or lapsed."""
    application = locked(application)
    if application.internal_state != ApplicationState.OFFERED:
        return application
    return transition_openly(application, "lose_offer", by=by)
