"""Worlds at the moments of ranking, matching and offering."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts.models import User
from applications.domain.snapshots import take_snapshot
from applications.models import Application, StreamApplication, TrackApplication
from applications.states import AnswerScope, ApplicationState, StreamApplicationState, TrackState
from core import clock, ids
from matching.domain.offers import release_offers
from matching.domain.preferences import set_preferences, sync_preferences
from matching.domain.rankings import ensure_rank_list, lock_lists, save_ranking, submit_ranking
from matching.domain.runs import approve_run, compute_run, make_run
from matching.models import MatchRun, Offer
from tests.worlds import World, person, small_world


class Quiet:
    """Hears a run's progress and says nothing."""

    def step(self, message: str, done: int = 0, total: int = 0) -> None:
        """Hear one step."""


@dataclass
class Scene:
    """A small world with people whom the review let go on to the mentors."""

    world: World
    finalists: dict[str, Application] = field(default_factory=dict)

    def wish(self, name: str, stream: str) -> StreamApplication:
        """Return the application of a person to a stream."""
        return StreamApplication.objects.get(application=self.finalists[name], stream=self.world.streams[stream])

    def user(self, name: str) -> User:
        """Return a person of the world or one of the finalists."""
        return self.finalists[name].person if name in self.finalists else self.world.people[name]


def finalist(world: World, who: User, streams: Sequence[str]) -> Application:
    """Make one application that reached the mentors of ``streams``."""
    submitted = world.moments["open"]
    application = Application.objects.create(
        person=who,
        cycle=world.cycle,
        reference=ids.reference("26A"),
        internal_state=ApplicationState.FINAL,
        released_state=ApplicationState.FINAL,
        submitted_at=submitted,
    )
    for track in world.tracks.values():
        TrackApplication.objects.create(
            application=application,
            track=track,
            internal_state=TrackState.ADVANCED,
            released_state=TrackState.ADVANCED,
        )
    snap(application, AnswerScope.GENERAL, "", f"general words of {who.display_name}")
    for name in streams:
        row = StreamApplication.objects.create(
            application=application,
            stream=world.streams[name],
            submitted_at=submitted,
            internal_state=StreamApplicationState.IN_STREAM_REVIEW,
            released_state=StreamApplicationState.IN_STREAM_REVIEW,
        )
        snap(application, AnswerScope.STREAM, row.public_id, f"{name} words of {who.display_name}")
    return application


def snap(application: Application, scope: str, key: str, text: str) -> None:
    """Keep one handed-in answer."""
    item = {
        "code": "why",
        "question": "Why?",
        "kind": "long_text",
        "data_class": "none",
        "value": text,
        "display": text,
    }
    section = {"title": scope.capitalize(), "scope": scope, "scope_key": key, "items": [item]}
    take_snapshot(
        application=application, scope=scope, scope_key=key, content=[section], submitted_at=application.submitted_at
    )


def ranking_scene(extra: int = 0) -> Scene:
    """Six people with the mentors, no list written yet; ``extra`` more apply to alpha and gamma."""
    world = small_world()
    scene = Scene(world)
    named = {
        "ada": ["alpha", "beta"],
        "ben": ["alpha", "beta"],
        "cleo": ["beta", "alpha"],
        "dan": ["gamma", "beta"],
        "eve": ["gamma"],
        "fay": ["alpha", "gamma"],
    }
    named |= {f"extra{number}": ["alpha", "gamma"] for number in range(extra)}
    for name, streams in named.items():
        scene.finalists[name] = finalist(world, person(name), streams)
    return scene


def ranked_scene(extra: int = 0) -> Scene:
    """Both sides' lists are written and locked. By hand: beta takes cleo, alpha ada and ben, gamma dan and eve."""
    scene = ranking_scene(extra)
    with clock.at(scene.world.moments["ranking"]):
        rank(scene, "alpha", [["ada", "ben"], ["cleo"], ["fay"]])
        rank(scene, "beta", [["cleo"], ["ada", "ben", "dan"]])
        rank(scene, "gamma", [["dan"], ["eve"], ["fay"]])
    with clock.at(scene.world.moments["matching"]):
        lock_lists(cycle=scene.world.cycle)
    return scene


def prefer(scene: Scene, name: str, on: Sequence[str], below: Sequence[str] = ()) -> None:
    """Write one person's order of streams."""
    application = scene.finalists[name]
    kept = sync_preferences(application=application, by=application.person)
    set_preferences(
        application=application,
        on=[scene.wish(name, stream).public_id for stream in on],
        below=[scene.wish(name, stream).public_id for stream in below],
        version=kept.version,
        by=application.person,
    )


def rank(scene: Scene, stream: str, tiers: Sequence[Sequence[str]]) -> None:
    """Write and submit one stream's list."""
    mentor = scene.world.people[f"{stream} mentor"]
    rank_list = ensure_rank_list(stream=scene.world.streams[stream], by=mentor)
    rank_list = save_ranking(
        rank_list=rank_list,
        tiers=[[scene.wish(name, stream).public_id for name in names] for names in tiers],
        version=rank_list.version,
        by=mentor,
    )
    submit_ranking(rank_list=rank_list, by=mentor)


def computed(scene: Scene, seed: str = "a seed") -> MatchRun:
    """Make and compute a run by staff a."""
    run = make_run(cycle=scene.world.cycle, seed=seed, by=scene.world.people["staff a"])
    return compute_run(run.pk, Quiet())


def offered_scene(extra: int = 0) -> tuple[Scene, MatchRun]:
    """The offers of an approved run are out."""
    scene = ranked_scene(extra)
    with clock.at(scene.world.moments["matching"]):
        run = approve_run(run=computed(scene), by=scene.world.people["staff b"])
    with clock.at(scene.world.date("offers_sent")):
        release_offers(run=run, by=scene.world.people["staff a"])
    return scene, run


def offer_of(scene: Scene, name: str) -> Offer:
    """Return the one offer of a person."""
    return Offer.objects.get(application=scene.finalists[name])
