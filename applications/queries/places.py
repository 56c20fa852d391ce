"""Where a person can be, against where a stream meets. Only the person reads what comes of it."""

from collections.abc import Collection

from applications.models import Answer, Application
from applications.states import AnswerScope
from streams.models import Stream
from streams.states import InPerson

#: The question whose answer names the places where a person can work; its values are sites, or ``REMOTE``.
PLACES_CODE = "availability_sites"
REMOTE = "remote"
NOT_BOUND_TO_A_PLACE = frozenset({InPerson.NONE, InPerson.PREFERRED})


def places_of(application: Application) -> frozenset[str]:
    """Return where the person can work, as far as they have said."""
    answer = Answer.objects.filter(
        application=application, scope=AnswerScope.GENERAL, question__code=PLACES_CODE
    ).first()
    return frozenset(answer.value) if answer and isinstance(answer.value, list) else frozenset()


def place_warning(stream: Stream, places: Collection[str]) -> str:
    """Say that a stream meets where the person said they cannot be, or nothing."""
    if not places or stream.site is None or stream.in_person in NOT_BOUND_TO_A_PLACE or stream.site.slug in places:
        return ""
    ending = "by default" if stream.in_person == InPerson.DEFAULT else "and asks for it"
    said = "only remotely" if set(places) == {REMOTE} else "in other places"
    return f"This stream meets in person in {stream.site.city} {ending}. You said that you can take part {said}."
