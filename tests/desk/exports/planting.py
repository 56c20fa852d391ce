"""A world in which every text that a column shows is a formula."""

from accounts.models import User
from applications.domain.snapshots import take_snapshot
from applications.models import Application, StreamApplication, TrackApplication
from applications.states import AnswerScope
from core import clock
from matching.models import MatchRun, Offer
from questions.models import Question
from streams.models import Site, Stream, Track
from tests.desk.exports.formulas import FORMULAS
from tests.matching.scenes import Scene
from tests.worlds import person


def planted(scene: Scene) -> dict[str, set[str]]:
    """Give each of sixty people, streams and tracks one of the texts in everything that a column shows.

    Returns, for each set and column, the texts that must come back.
    """
    cycle, run = scene.world.cycle, MatchRun.objects.get()
    question = Question.objects.get(code="why")
    for number, text in enumerate(FORMULAS):
        who = person(f"planted {number}")
        User.objects.filter(pk=who.pk).update(display_name=text, email=f"{text}@{number}.example")
        track = Track.objects.create(cycle=cycle, slug=f"t{number}", name=text, summary="-", order=100 + number)
        site = Site.objects.create(slug=f"s{number}", name=text, city="-", timezone="UTC")
        stream = Stream.objects.create(
            cycle=cycle, slug=f"x{number}", title=text, summary="-", host_org=text, site=site,
            selection_mode="joint_selection",
        )  # fmt: skip
        application = Application.objects.create(
            person=who, cycle=cycle, reference=text[:20], internal_state="final", released_state="final",
            submitted_at=clock.now(),
        )  # fmt: skip
        TrackApplication.objects.create(application=application, track=track)
        wish = StreamApplication.objects.create(application=application, stream=stream)
        item = {
            "code": question.code, "kind": question.kind, "data_class": "none", "value": text, "display": text,
        }  # fmt: skip
        take_snapshot(
            application=application, scope=AnswerScope.GENERAL, scope_key="", submitted_at=clock.now(),
            content=[{"title": "", "items": [item]}],
        )  # fmt: skip
        Offer.objects.create(
            application=application, stream_application=wish, stream=stream, run=run, seat=1, expires_at=clock.now()
        )
    every = set(FORMULAS)
    addresses = {f"{text}@{number}.example" for number, text in enumerate(FORMULAS)}
    with_state = {f"{text}: chosen" for text in FORMULAS}
    return {
        "people": {"Reference": {text[:20] for text in FORMULAS}, "Name": every, "E-mail address": addresses,
                   "Tracks": with_state, "Streams": {f"{text}: draft" for text in FORMULAS}, "Why?": every},
        "offers": {"Reference": {text[:20] for text in FORMULAS}, "Name": every, "E-mail address": addresses,
                   "Stream": every, "Site": every, "Host organisation": every},
        "reading": {"Reference": {text[:20] for text in FORMULAS}, "Track": every},
    }  # fmt: skip
