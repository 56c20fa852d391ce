"""What is final needs a fresh confirmation: within 15 minutes of signing in, or with the password once more."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from accounts.models import User
from core import clock
from tests.accounts.signing import PASSWORD, add_app, app_code, signed_in, with_password
from tests.security.sample import rich_sample
from tests.worlds import MOMENTS

NOON = datetime(2026, 7, 31, 12, tzinfo=UTC)
#: Route and method of each act that cannot be taken back, with the permission's holder.
ACTS = [
    ("staff", "post", "/console/decisions/{batch}/approve/"),
    ("staff", "post", "/console/decisions/{batch}/schedule/"),
    ("staff", "get", "/console/decisions/{batch}/release/"),
    ("staff", "post", "/console/decisions/{batch}/release/"),
    ("staff", "get", "/console/match/{run}/approve/"),
    ("staff", "post", "/console/match/{run}/approve/"),
    ("staff", "get", "/console/match/{run}/release/"),
    ("staff", "post", "/console/match/{run}/release/"),
    ("staff", "get", "/console/offers/export.csv"),
    ("staff", "get", "/console/exports/new/"),
    ("staff", "post", "/console/exports/new/"),
    ("staff", "post", "/console/exports/{export}/file/"),
    ("admin", "post", "/console/setup/roles/new/"),
    ("admin", "post", "/console/setup/roles/{grant}/revoke/"),
    ("admin", "post", "/console/setup/accounts/{person}/suspend/"),
    ("admin", "post", "/console/setup/accounts/{person}/reset-factor/"),
]


@pytest.fixture
def world(db: None) -> Iterator[tuple[dict[str, User | None], dict[str, str]]]:
    sample = rich_sample()[1]
    grant = sample.people["reader"].grants.first()
    with clock.at(MOMENTS["offers"]):
        yield sample.people, sample.parameters | {"grant": grant.public_id}


def test_after_a_quarter_of_an_hour_each_of_them_asks(world: tuple) -> None:
    people, parameters = world
    for who in {who for who, _, _ in ACTS}:
        with_password(people[who])
    seen = {}
    for who, method, route in ACTS:
        address = route.format(**parameters)
        with time_machine.travel(NOON, tick=False) as travel, transaction.atomic():
            client = signed_in(people[who])
            travel.shift(14 * 60 + 59)
            # The control. What the act itself does within the time is undone.
            with transaction.atomic():
                before = asks(getattr(client, method)(address))
                transaction.set_rollback(True)
            travel.shift(2)
            answer = getattr(client, method)(address)
            seen[method, route] = (before, asks(answer), "/account/reauthenticate/?next=" in answer.get("Location", ""))

    assert seen == {(method, route): (False, True, True) for _, method, route in ACTS}


def asks(answer: object) -> bool:
    return answer.status_code == 302 and "reauthenticate" in answer.headers["Location"]


def test_who_may_not_do_it_is_not_asked(world: tuple) -> None:
    people, parameters = world
    with time_machine.travel(NOON, tick=False) as travel:
        client = signed_in(with_password(people["mentor"]))
        travel.shift(3600)

        assert client.post(f"/console/decisions/{parameters['batch']}/approve/").status_code in {403, 404}


def test_with_the_password_once_more_the_act_goes_on(world: tuple) -> None:
    people, parameters = world
    page = f"/console/decisions/{parameters['batch']}/"
    with time_machine.travel(NOON, tick=False) as travel:
        client = signed_in(with_password(people["staff"]))
        travel.shift(3600)
        answer = client.post(f"{page}approve/", {"version": "1"}, headers={"Referer": f"http://testserver{page}"})
        confirm = answer.headers["Location"]
        assert "This needs a fresh confirmation" in client.get(confirm).content.decode()

        wrong = client.post(confirm, {"password": "wrong-password-123"})
        assert "This is not your password" in wrong.content.decode()
        back = client.post(confirm, {"password": PASSWORD, "next": page})

        assert (back.status_code, back.headers["Location"]) == (302, page)
        assert not asks(client.post(f"{page}approve/", {"version": "1"}))


def test_with_a_code_of_the_app_the_act_goes_on(world: tuple) -> None:
    people, _ = world
    user = with_password(people["staff"])
    secret = add_app(user)
    with time_machine.travel(NOON, tick=False) as travel:
        client = signed_in(user)
        client.post("/account/2fa/authenticate/", {"code": app_code(secret)})
        travel.shift(3600)
        assert asks(client.get("/console/offers/export.csv"))

        client.post("/account/2fa/reauthenticate/", {"code": app_code(secret)})

        assert client.get("/console/offers/export.csv").status_code == 200


@pytest.mark.threat("T18")
def test_nobody_is_sent_elsewhere_afterwards(world: tuple) -> None:
    people, parameters = world
    origins = [
        "https://elsewhere.example/x",
        "//elsewhere.example",
        "javascript:alert(1)",
        "http://testserver.example/",
        "",
    ]
    with time_machine.travel(NOON, tick=False) as travel:
        client = signed_in(with_password(people["staff"]))
        travel.shift(3600)
        act = f"/console/decisions/{parameters['batch']}/approve/"
        answers = [client.post(act, headers={"Referer": origin}).headers["Location"] for origin in origins]

    assert set(answers) == {"/account/reauthenticate/?next=%2F"}


def test_htmx_leaves_the_page(world: tuple) -> None:
    people, parameters = world
    with time_machine.travel(NOON, tick=False) as travel:
        client: Client = signed_in(with_password(people["staff"]))
        travel.shift(3600)

        answer = client.post(f"/console/decisions/{parameters['batch']}/approve/", headers={"HX-Request": "true"})

        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["HX-Redirect"].startswith("/account/reauthenticate/")
