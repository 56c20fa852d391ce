"""The applicant's pages, walked as a person without script would."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from applications.models import Answer, AnswerVersion, Application
from applications.queries.sheets import general_place, parts
from applications.states import ApplicationState, EvaluationState, StreamApplicationState
from core import clock
from tests.applications import factories
from tests.worlds import World


@pytest.fixture
def client_of(world: World) -> Any:
    """Return a signed-in client for one of the world's people."""

    def sign_in(name: str = "applicant") -> Client:
        client = Client()
        client.force_login(world.people[name])
        return client

    return sign_in


@pytest.fixture
def in_window(world: World) -> Iterator[None]:
    """Stop the clock in the open window."""
    with clock.at(world.moments["open"]):
        yield


def form_data(html: str) -> dict[str, Any]:
    """Read the fields of the answers' form as a browser would send them."""
    hidden = r'<input type="hidden" name="((?:version|back|has)[^"]*)" value="([^"]*)"'
    data: dict[str, Any] = dict(re.findall(hidden, html))
    data.update(dict(re.findall(r'<input[^>]*type="text" name="(answer-\d+)" value="([^"]*)"', html)))
    data.update(dict(re.findall(r'<textarea[^>]*name="(\w[^"]*)"[^>]*>([^<]*)</textarea>', html)))
    for name, value in re.findall(r'type="(?:checkbox|radio)" name="([^"]+)" value="([^"]*)" checked', html):
        data.setdefault(name, []).append(value)
    return data


def test_general_application_without_script_ends_in_a_receipt(world: World, client_of: Any, in_window: None) -> None:
    client = client_of()
    assert "Start an application" in client.get("/my/").content.decode()

    client.post(reverse("applications:start"))
    client.post("/my/application/tracks/", {"tracks": [world.tracks["empirical"].public_id]})
    application = Application.objects.get()
    pages = ["about-you", "motivation", f"track-{world.tracks['empirical'].public_id}", "places", "statements"]
    for code in pages:
        html = client.get(f"/my/application/{code}/").content.decode()
        data = form_data(html)
        for name in re.findall(r'name="(answer-\d+)"', html):
            kinds = re.findall(rf'type="(\w+)" name="{name}" value="(\w+)"', html)
            ticks = [value for kind, value in kinds if kind == "checkbox"]
            is_link = re.search(rf'inputmode="url"[^>]* name="{name}"', html)
            data[name] = ticks[:1] or ("https://example.org/a It shows my work." if is_link else "A short answer")
        response = client.post(f"/my/application/{code}/", data)
        assert response.status_code == 302, (code, response.content.decode())
    check = client.get("/my/application/check/").content.decode()
    assert "There is a problem" not in check
    response = client.post(reverse("applications:submit"), {"minutes_taken": "40"}, follow=True)

    application.refresh_from_db()
    assert application.released_state == ApplicationState.SUBMITTED
    assert application.minutes_taken == 40
    assert application.reference in response.content.decode()
    text = client.get(reverse("applications:receipt_text", args=[application.reference])).content.decode()
    assert "A short answer" in text
    assert "EMPIRICAL" in text.upper()


def test_check_page_names_what_is_missing_and_refuses_to_submit(world: World, client_of: Any, in_window: None) -> None:
    application = factories.draft(world)
    factories.answer(application, "why", "word " * 25)
    client = client_of()

    html = client.get("/my/application/check/").content.decode()
    response = client.post(reverse("applications:submit"), {})

    assert "Shorten “Why?”: it is 5 words over the limit of 20" in html
    assert response.status_code == 422
    application.refresh_from_db()
    assert application.released_state == ApplicationState.DRAFT


def item_of(application: Application, code: str) -> Any:
    """Return the form item of one general question."""
    place = general_place(application)
    items = [one.item for part in parts(application, [place])[place] for one in part.items]
    return next(item for item in items if item.question.code == code)


def test_autosave_stores_and_late_tab_gets_both_texts(world: World, client_of: Any, in_window: None) -> None:
    application = factories.draft(world)
    item, client = item_of(application, "why"), client_of()
    url, field = "/my/application/motivation/", f"answer-{item_of(application, 'why').pk}"

    first = client.post(url, {"field": field, "value": "mine\r\nsecond\x00", "version": "1"})
    late = client.post(url, {"field": field, "value": "theirs", "version": "1"})

    assert first.json()["version"] == 2
    assert late.status_code == 409
    assert "theirs" in late.content.decode()
    answer = Answer.objects.get(question=item.question, application=application)
    assert (answer.value, answer.version) == ("mine\nsecond", 2)
    late_texts = AnswerVersion.objects.filter(answer=answer, was_stored=False).values_list("value", flat=True)
    assert list(late_texts) == ["theirs"]


@pytest.mark.parametrize(
    ("choice", "stored"),
    [
        ("saved", "newer copy"),
        ("mine", "late copy"),
        ("both", "newer copy\n\nlate copy"),
    ],
)
def test_conflict_buttons_settle_and_keep_both(
    world: World, client_of: Any, in_window: None, choice: str, stored: str
) -> None:
    application = factories.draft(world)
    item, client, url = item_of(application, "why"), client_of(), "/my/application/motivation/"
    stale = form_data(client.get(url).content.decode())
    factories.answer(application, "why", "newer copy")

    page = client.post(url, {**stale, f"answer-{item.pk}": "late copy"})
    data = form_data(page.content.decode())
    conflict = re.search(rf'name="conflict-{item.pk}" value="(\d+)"', page.content.decode())
    settled = client.post(url, {**data, f"conflict-{item.pk}": conflict[1], "resolve": f"{item.pk}:{choice}"})

    assert page.status_code == 409
    assert settled.status_code == 302
    answer = Answer.objects.get(question=item.question, application=application)
    assert answer.value == stored
    texts = {answer.value, *answer.versions.values_list("value", flat=True)}
    assert {"newer copy", "late copy"} <= texts


def test_conflict_is_asked_again_until_a_copy_is_chosen(world: World, client_of: Any, in_window: None) -> None:
    application = factories.draft(world)
    item, client, url = item_of(application, "why"), client_of(), "/my/application/motivation/"
    stale = form_data(client.get(url).content.decode())
    factories.answer(application, "why", "newer copy")

    first = client.post(url, {**stale, f"answer-{item.pk}": "late copy"})
    second = client.post(url, form_data(first.content.decode()))

    assert (first.status_code, second.status_code) == (409, 409)
    assert Answer.objects.get(question=item.question, application=application).value == "newer copy"


def test_page_of_an_old_tab_leaves_untouched_fields_alone(world: World, client_of: Any, in_window: None) -> None:
    application = factories.draft(world)
    client, url = client_of(), "/my/application/about-you/"
    old_tab = form_data(client.get(url).content.decode())
    factories.answer(application, "full-name", "Newer Name")

    pronouns = item_of(application, "pronouns")
    response = client.post(url, {**old_tab, f"answer-{pronouns.pk}": "they"})

    assert response.status_code == 302
    stored = dict(application.answers.values_list("question__code", "value"))
    assert (stored["full-name"], stored["pronouns"]) == ("Newer Name", "they")


@pytest.mark.requirement(5)
def test_save_after_the_window_is_refused_and_keeps_the_text_on_the_page(world: World, client_of: Any) -> None:
    application = factories.draft(world)
    item, client, url = item_of(application, "why"), client_of(), "/my/application/motivation/"
    with clock.at(world.moments["open"]):
        data = form_data(client.get(url).content.decode())

    with clock.at(world.moments["closed"]):
        background = client.post(url, {"field": f"answer-{item.pk}", "value": "too late", "version": "1"})
        page = client.post(url, {**data, f"answer-{item.pk}": "too late"})
        shown = client.get(url).content.decode()

    assert (background.status_code, page.status_code) == (409, 409)
    assert "It stays on this page" in background.content.decode()
    assert "too late" in page.content.decode()
    assert "Save and continue" not in shown
    assert Answer.objects.get(question=item.question, application=application).version == 1


@pytest.mark.requirement(17)
def test_dropping_a_track_asks_first_and_keeps_its_answers(world: World, client_of: Any, in_window: None) -> None:
    application = factories.draft(world, tracks=("empirical", "theory"))
    client, theory = client_of(), world.tracks["theory"].public_id

    asked = client.post("/my/application/tracks/", {"tracks": [theory]})
    assert "Remove these tracks" in asked.content.decode()
    assert application.track_applications.count() == 2
    client.post("/my/application/tracks/", {"tracks": [theory], "confirmed": "yes"})

    assert list(application.track_applications.values_list("track__slug", flat=True)) == ["theory"]
    assert Answer.objects.filter(application=application, scope="track").count() == 1


def test_no_track_at_all_is_a_problem_beside_the_field(world: World, client_of: Any, in_window: None) -> None:
    factories.draft(world)

    response = client_of().post("/my/application/tracks/", {})

    assert response.status_code == 422
    assert "Choose at least one track" in response.content.decode()


def test_stage_two_from_adding_a_stream_to_submitting_it(world: World, client_of: Any) -> None:
    application = factories.in_stage2(world)
    client = client_of()
    with clock.at(world.moments["stage2"]):
        hub = client.get("/my/streams/").content.decode()
        assert "In the Theory track, which you did not choose" in hub
        client.post(reverse("applications:stream_add", args=["beta"]))
        url = "/my/streams/beta/"
        data = form_data(client.get(url).content.decode())
        name = next(key for key in data if key.startswith("answer-"))
        area = world.streams["beta"].areas.first().public_id
        data |= {name: "It fits", "areas": [area], "submit": "yes"}
        unticked = client.post(url, data)
        data = form_data(unticked.content.decode()) | {name: "It fits", "areas": [area], "submit": "yes"}
        ticked = client.post(url, {**data, "acknowledged": "agreement"})

    assert unticked.status_code == 422
    assert "Tick that you have read the agreement" in unticked.content.decode()
    assert ticked.status_code == 302
    row = application.stream_applications.get()
    assert row.released_state == StreamApplicationState.SUBMITTED
    assert (row.agreement, row.areas.get().public_id) == (world.streams["beta"].agreements.get(), area)
    assert row.acknowledged_at is not None


def test_task_without_the_statement_stays_open_and_with_it_is_handed_in(world: World, client_of: Any) -> None:
    application = factories.in_stage2(world)
    task, client = application.evaluation_assignments.get(), client_of()
    url = reverse("applications:task", args=[task.public_id])
    with clock.at(world.moments["stage2"]):
        data = form_data(client.get(url).content.decode())
        name = next(key for key in data if key.startswith("answer-"))
        without = client.post(url, {**data, name: "My approach", "submit": "yes", "ai_statement": ""})
        data = form_data(without.content.decode())
        done = client.post(url, {**data, name: "My approach", "submit": "yes", "ai_statement": "none"})

    assert (without.status_code, done.status_code) == (422, 302)
    task.refresh_from_db()
    assert (task.state, task.ai_statement) == (EvaluationState.SUBMITTED, "none")


def test_other_applicants_pages_do_not_exist(world: World, client_of: Any) -> None:
    application = factories.in_stage2(world)
    factories.stream_submitted(world, application, "alpha")
    task = application.evaluation_assignments.get()
    other = client_of("other applicant")
    addresses = [
        reverse("applications:receipt", args=[application.reference]),
        reverse("applications:receipt_text", args=[application.reference]),
        reverse("applications:task", args=[task.public_id]),
        reverse("applications:stream_form", args=["alpha"]),
        "/my/application/motivation/",
        "/my/application/check/",
    ]

    with clock.at(world.moments["stage2"]):
        own = [client_of().get(address).status_code for address in addresses]
        foreign = [other.get(address).status_code for address in addresses]

    assert own == [200] * len(addresses)
    assert foreign == [404] * len(addresses)


def test_withdrawing_shows_its_consequences_and_ends_everything(world: World, client_of: Any) -> None:
    application = factories.in_stage2(world)
    factories.stream_submitted(world, application, "alpha")
    client = client_of()
    with clock.at(world.moments["stage2"]):
        page = client.get("/my/application/withdraw/").content.decode()
        response = client.post("/my/application/withdraw/", follow=True)

    assert "1 stream application ends" in " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "Withdrawn by you" in response.content.decode()
    application.refresh_from_db()
    assert application.released_state == ApplicationState.WITHDRAWN
    assert set(application.stream_applications.values_list("released_state", flat=True)) == {"withdrawn"}
    assert set(application.evaluation_assignments.values_list("state", flat=True)) == {"expired"}
