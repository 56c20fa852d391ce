"""Whether what a release did to somebody can still be taken back."""

from collections.abc import Iterable
from typing import Any

from applications.models import Application, StreamApplication, TrackApplication
from applications.states import ApplicationState, TrackState

A = ApplicationState
#: From here a release can be taken back: no offer has been made.
BACK_FROM = frozenset({A.IN_SCREEN, A.STAGE2, A.UNDER_REVIEW, A.FINAL, A.CLOSED})


def begun_stage2(applications: Iterable[int]) -> set[int]:
    """Return those of ``applications`` (primary keys) that have begun an application to a stream."""
    rows = StreamApplication.objects.filter(application__in=list(applications))
    return set(rows.values_list("application_id", flat=True))


def why_not_back(row: TrackApplication, application: Application, found: dict[str, Any], has_begun: bool) -> str:
    """Say why a release about ``row`` cannot be taken back any more; empty when it can.

    ``has_begun`` says whether the application is among ``begun_stage2``.
    """
    if not found:
        return "has no state on record to go back to"
    if TrackState.WITHDRAWN in {row.internal_state, row.released_state}:
        return "has withdrawn"
    if row.internal_state != row.released_state:
        return "has another decision waiting for its release"
    if application.internal_state not in BACK_FROM:
        return "has gone on since"
    if found["application"] == ApplicationState.IN_SCREEN and has_begun:
        return "has begun stage 2"
    return ""
