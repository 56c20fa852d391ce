"""The rows of the tracks that an application covers, while nobody else has seen them."""

from typing import Any

from applications.models import Application, TrackApplication
from core import audit

#: The chosen tracks stand in the snapshot of the general form under this code.
TRACKS_CODE = "tracks"


def set_tracks(application: Application, track_ids: set[int], *, by: Any) -> None:
    """Add and drop the rows of tracks. A dropped row has no history but its audit line: nobody else has seen it yet."""
    present = set(application.track_applications.values_list("track_id", flat=True))
    if dropped := present - track_ids:
        application.track_applications.filter(track_id__in=dropped).delete()
    added = [TrackApplication(application=application, track_id=pk) for pk in sorted(track_ids - present)]
    TrackApplication.objects.bulk_create(added)
    if added or dropped:
        audit.record("choose_tracks", application, by=by, added=len(added), dropped=len(dropped))
