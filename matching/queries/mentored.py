"""Who was whose mentor before."""

from matching.models import Offer
from matching.states import OfferState
from streams.models import Cycle, StreamMentor


def mentored_before(cycle: Cycle) -> list[tuple[int, int]]:
    """Return (mentor, fellow), primary keys of people, for places taken in other cycles than ``cycle``."""
    taken = Offer.objects.filter(state=OfferState.ACCEPTED).exclude(stream__cycle=cycle)
    fellows: dict[int, list[int]] = {}
    for stream_id, person_id in taken.values_list("stream_id", "application__person_id"):
        fellows.setdefault(stream_id, []).append(person_id)
    mentors = StreamMentor.objects.filter(stream__in=fellows, mentor__user__isnull=False)
    return [
        (user_id, fellow)
        for stream_id, user_id in mentors.values_list("stream_id", "mentor__user_id")
        for fellow in fellows[stream_id]
    ]
