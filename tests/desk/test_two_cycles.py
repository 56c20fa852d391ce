"""Two cycles at a time: staff see the one that the address names, and whatever is done is done in its own."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.states import Role, ScopeKind
from applications.domain.application import choose_tracks, start_application
from applications.models import Application, EvaluationDefinition, TrackApplication
from applications.states import ApplicationState, TrackState
from core import clock, editions
from core.models import Job
from matching.models import LotteryCommitment
from mats_portal.desk.phases import move_phases
from reviews.domain.batches import create_batch
from reviews.models import DecisionBatch
from streams.models import Cycle, KeyDate, Stream, Track
from streams.queries.cycles import standing
from tests.matching.scenes import offer_of, offered_scene
from tests.worlds import LONG_AGO, MOMENTS, World, grant, person, small_world

EARLIER = timedelta(weeks=26)


@dataclass(frozen=True)
class TwoCycles:
    """Autumn is public and has a match run and an offer; spring is older, and has somebody who waits at a gate."""

    autumn: Cycle
    spring: Cycle
    track: Track
    waiting: Application
    batch: DecisionBatch
    world: World
    offered_to: str
    run: str


@pytest.fixture
def two(db) -> TwoCycles:
    scene, run = offered_scene()
    world = scene.world
    spring = earlier_cycle(world)
    track = Track.objects.create(cycle=spring, slug="empirical", name="Spring empirical", summary="Measure.", order=1)
    Stream.objects.create(
        cycle=spring,
        slug="alpha",
        title="Spring alpha",
        summary="Alpha.",
        state="published",
        published_at=LONG_AGO,
        seats_asked=1,
        seats_granted=1,
        selection_mode="mentor_assigns",
    )
    EvaluationDefinition.objects.create(
        cycle=spring,
        code="coding",
        title="Spring coding",
        brief="Read.",
        effort_minutes=90,
        ai_policy="allowed_disclose",
        form=world.evaluation.form,
    )
    waiting = Application.objects.create(
        person=person("waiting in spring"),
        cycle=spring,
        reference="26S-00001",
        internal_state=ApplicationState.IN_SCREEN,
        released_state=ApplicationState.IN_SCREEN,
        submitted_at=world.moments["before"] - EARLIER,
    )
    TrackApplication.objects.create(
        application=waiting, track=track, internal_state=TrackState.IN_SCREEN, released_state=TrackState.IN_SCREEN
    )
    with clock.at(world.moments["closed"] - EARLIER):
        batch = create_batch(track=track, gate="screen", by=world.people["staff a"], rule_line=None)
    offer = offer_of(scene, next(iter(scene.finalists)))
    return TwoCycles(world.cycle, spring, track, waiting, batch, world, offer.application.reference, str(run.public_id))


def client_for(someone: User) -> Client:
    client = Client()
    client.force_login(someone)
    return client


def earlier_cycle(world: World) -> Cycle:
    spring = Cycle.objects.create(
        slug="spring-2026",
        code="26S",
        name="Spring 2026",
        general_form=world.cycle.general_form,
        programme_starts_on=world.cycle.programme_starts_on - EARLIER,
        programme_ends_on=world.cycle.programme_ends_on - EARLIER,
    )
    KeyDate.objects.bulk_create(
        KeyDate(
            cycle=spring,
            code=one.code,
            label=f"Spring {one.label}",
            order=one.order,
            zone=one.zone,
            precision=one.precision,
            starts_at=one.starts_at - EARLIER,
        )
        for one in world.cycle.key_dates.all()
    )
    return spring


def page(client: Client, url: str, status: int = 200) -> str:
    with clock.at(MOMENTS["offers"]):
        answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.content.decode()


def main_of(html: str) -> str:
    """Return the page without its frame, which names every cycle."""
    return html[html.index("<main") : html.index("</main>")]


@pytest.mark.parametrize(
    ("path", "mine", "other"),
    [
        ("/console/", "Board · Autumn 2026", "Spring"),
        ("/console/people/", "26A-", "26S-00001"),
        ("/console/tasks/", "Coding task", "Spring coding"),
        ("/console/match/", "Run 1", "Spring 2026"),
        ("/console/offers/", "Stream Alpha", "Spring alpha"),
        ("/console/silence/", "Everybody has a next date", "26S-"),
        ("/console/exports/new/?set=people", "of Autumn 2026", "Spring"),
        ("/console/assignments/", "Giving out the reading · Autumn 2026", "Spring empirical"),
        ("/console/retention/", "What is kept how long · Autumn 2026", "Spring"),
        ("/console/statistics/", "Autumn 2026", "Spring"),
        ("/lead/", "Theory", "Spring empirical"),
    ],
)
def test_each_list_is_about_the_public_cycle_unless_its_address_says_another(two, path, mine, other) -> None:
    client = client_for(two.world.people["staff a"])

    usual = page(client, path)
    chosen = page(client, f"{path}{'&' if '?' in path else '?'}cycle=26S")

    assert mine in main_of(usual)
    assert other not in main_of(usual)
    assert mine not in main_of(chosen)
    for html, name in ((usual, "Cycle: <strong>Autumn 2026"), (chosen, "You are looking at <strong>Spring 2026")):
        assert name in html
    assert page(client, f"{path}{'&' if '?' in path else '?'}cycle=27X", 404)


def test_batches_and_whom_they_decide_on_are_those_of_the_cycle(two) -> None:
    client = client_for(two.world.people["staff a"])

    assert str(two.batch.public_id) not in page(client, "/console/decisions/")
    assert str(two.batch.public_id) in page(client, "/console/decisions/?cycle=26S")
    assert "Spring empirical, screen" not in page(client, "/console/decisions/new/")
    assert "Spring empirical, screen" in page(client, "/console/decisions/new/?cycle=26S")


def test_every_link_of_a_page_about_another_cycle_stays_there(two) -> None:
    """Followed from the board, no list of the console comes back to the public cycle without being asked to."""
    client = client_for(two.world.people["staff a"])
    lists = ["people", "decisions", "match", "offers", "tasks", "silence", "statistics", "exports", "assignments"]
    board = page(client, "/console/?cycle=26S")
    links = set(re.findall(r'href="(/(?:console|lead)/[^"]*)"', board)) - {"/console/"}

    assert {link for link in links if "cycle=26S" not in link} == set()
    for name in lists:
        html = page(client, f"/console/{name}/?cycle=26S")
        out = set(re.findall(r'(?:href|action)="(/(?:console|lead)/[a-z]+/[^"]*)"', main_of(html)))
        bound = {link for link in out if re.match(rf"/console/(?:{'|'.join(lists)})/(?:new/)?(?:\?|$)", link)}
        assert {link for link in bound if "cycle=26S" not in link} == set(), name


def test_object_says_its_cycle_itself_whatever_the_address_says(two) -> None:
    client = client_for(two.world.people["staff a"])

    for url in (f"/console/people/{two.waiting.public_id}/", f"/console/decisions/{two.batch.public_id}/"):
        html = page(client, url)
        assert "You are looking at <strong>Spring 2026" in html
        assert 'href="/console/people/?cycle=26S"' in html
    html = page(client, f"/console/match/{two.run}/?cycle=26S")
    assert "Cycle: <strong>Autumn 2026" in html
    assert 'href="/console/people/"' in html


def test_people_are_found_in_all_cycles_when_asked(two) -> None:
    client = client_for(two.world.people["staff a"])

    nobody = page(client, "/console/people/?q=waiting+in+spring")
    assert "26S-00001" not in nobody
    assert "everywhere=1" in nobody
    assert "26S-00001" in page(client, "/console/people/?q=waiting+in+spring&everywhere=1")


def test_what_is_asked_for_is_done_in_the_cycle_that_the_form_was_shown_for(two) -> None:
    """The second tab looks at spring, or spring has become public: the form still means autumn."""
    client = client_for(two.world.people["staff a"])
    shown = page(client, "/console/assignments/")
    (key,) = re.findall(r'name="for_cycle" value="([^"]+)"', shown)
    Cycle.objects.filter(pk=two.autumn.pk).update(is_public_current=False)
    Cycle.objects.filter(pk=two.spring.pk).update(is_public_current=True)

    client.post("/console/assignments/?cycle=26S", {"for_cycle": key, "track": ""})

    assert Job.objects.get(kind="reviews.assign", asked_by=two.world.people["staff a"]).params["cycle_id"] == (
        two.autumn.pk
    )
    assert client.post("/console/assignments/", {"track": two.track.public_id, "for_cycle": key}).status_code == 404


@pytest.mark.parametrize(
    ("who", "path", "typed"),
    [
        ("staff a", "/console/assignments/", {"track": ""}),
        ("staff a", "/console/match/new/", {"seed": "a seed"}),
        ("staff a", "/console/decisions/new/", {"rule_line": "3"}),
        ("staff a", "/console/conflicts/search/", {}),
        ("staff a", "/console/match/commitment/", {}),
        ("admin", "/console/retention/drafts/months/", {"months": "6"}),
        ("staff a", "/console/retention/drafts/propose/", {}),
    ],
)
@pytest.mark.parametrize("named", [{}, {"for_cycle": "of-nobody"}])
def test_form_that_names_no_cycle_does_nothing(two, who, path, typed, named) -> None:
    client, before = client_for(two.world.people[who]), Job.objects.count()

    with clock.at(MOMENTS["offers"]):
        answer = client.post(path, {**typed, **named})

    assert answer.status_code == 409
    assert "does not say for which cycle" in answer.content.decode()
    assert Job.objects.count() == before
    assert not LotteryCommitment.objects.exists()


def test_with_a_single_cycle_nothing_of_this_shows_and_forms_need_not_name_it(db) -> None:
    world = small_world()
    client = client_for(world.people["staff a"])

    assert "cycle-bar" not in page(client, "/console/")
    assert client.post("/console/assignments/", {"track": ""}).status_code == 302


def test_lead_comes_to_the_cycle_that_they_lead_in_and_to_no_other(two) -> None:
    lead = person("spring lead")
    grant(lead, Role.TRACK_LEAD, ScopeKind.TRACK, two.track)
    client = client_for(lead)

    html = page(client, "/lead/")

    assert "Spring empirical" in main_of(html)
    assert "Autumn 2026" not in html
    assert page(client, "/lead/?cycle=26A", 404)


def test_frame_costs_as_much_with_three_cycles_as_with_two(two) -> None:
    client = client_for(two.world.people["staff a"])

    def cost(url: str) -> int:
        page(client, url)
        with CaptureQueriesContext(connection) as asked:
            page(client, url)
        return len(asked)

    urls = ["/console/?cycle=26S", f"/console/people/{two.waiting.public_id}/", "/lead/"]
    before = [cost(url) for url in urls]
    Cycle.objects.create(
        slug="autumn-2025",
        code="25A",
        name="Autumn 2025",
        programme_starts_on=date(2025, 9, 29),
        programme_ends_on=date(2025, 12, 5),
    )
    editions.forget()

    assert [cost(url) for url in urls] == before


def test_standing_says_where_a_cycle_is() -> None:
    cycle = Cycle(programme_starts_on=date(2026, 3, 30), programme_ends_on=date(2026, 6, 5))

    assert standing(cycle, date(2026, 3, 29)) == "not public"
    assert standing(cycle, date(2026, 6, 5)) == "in programme until 5 June 2026"
    assert standing(cycle, date(2026, 6, 6)) == "ended 5 June 2026"
    cycle.is_public_current = True
    assert standing(cycle, date(2026, 6, 6)) == "on the public site"


def test_calendar_moves_both_cycles_and_a_person_has_one_application_in_each(db) -> None:
    """Spring is in programme while autumn takes applications; each closes at its own date, and not at the other's."""
    world = small_world()
    spring, who = earlier_cycle(world), world.people["applicant"]
    Track.objects.create(cycle=spring, slug="theory", name="Theory", summary="Prove.", order=1)
    with clock.at(world.moments["open"] - EARLIER):
        old = start_application(cycle=spring, person=who, by=who)
        choose_tracks(application=old, tracks=list(spring.tracks.all()), by=who)
    with clock.at(world.moments["open"]):
        new = start_application(cycle=world.cycle, person=who, by=who)
        choose_tracks(application=new, tracks=[world.tracks["theory"]], by=who)
        assert start_application(cycle=world.cycle, person=who, by=who) == new
        move_phases()
        dashboard = client_for(who).get("/my/").content.decode()

    assert [Application.objects.get(pk=row.pk).internal_state for row in (old, new)] == ["lapsed", "draft"]
    assert new.reference in dashboard
    with clock.at(world.moments["closed"]):
        move_phases()
    assert Application.objects.get(pk=new.pk).internal_state == "lapsed"
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.create(person=who, cycle=spring, reference="26S-99999")
