"""What an applicant can choose from."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from applications.models import Application
from applications.states import AnswerScope
from streams.models import Cycle, Stream, Track
from streams.states import PUBLIC_STATES


def current_cycle() -> Cycle | None:
    """Return the cycle that the public pages are about."""
    return Cycle.objects.filter(is_public_current=True).first()


def tracks_of(cycle: Cycle) -> list[Track]:
    """Return the tracks of a cycle in their order."""
    return list(Track.objects.filter(cycle=cycle).order_by("order"))


def tracks_applied_to(application: Application) -> list[Track]:
    """Return the tracks of an application in their order."""
    rows = Track.objects.filter(cycle=application.cycle_id, track_applications__application=application)
    return list(rows.order_by("order"))


def hidden_from_first_readers(tracks: Iterable[Track]) -> set[str]:
    """Return the classes of data that the reviewers of none of these tracks get; of no track before a choice."""
    blind = [set(track.blind_fields) for track in tracks]
    return set.intersection(*blind) if blind else set()


def public_stream(cycle: Cycle, slug: str) -> Stream | None:
    """Return a stream of the cycle that the catalogue shows."""
    return Stream.objects.filter(cycle=cycle, slug=slug, state__in=PUBLIC_STATES).first()


@dataclass(frozen=True)
class DroppedTrack:
    """A track that was taken out of a draft; its answers are kept."""

    slug: str
    name: str
    n_answers: int


def dropped_tracks(application: Application) -> list[DroppedTrack]:
    """Return the tracks that the person answered something for and took out again, to be put back."""
    answers = application.answers.filter(scope=AnswerScope.TRACK).order_by().values("scope_key").annotate(n=Count("pk"))
    kept = dict(answers.values_list("scope_key", "n"))
    if not kept:
        return []
    tracks = Track.objects.filter(cycle=application.cycle_id, public_id__in=kept)
    out = tracks.exclude(track_applications__application=application).order_by("order")
    return [DroppedTrack(track.slug, track.name, kept[track.public_id]) for track in out]
