"""Somebody whose session ended: a page goes to the sign-in page, a script hears 401 and nothing else changes."""

import pytest
from django.test import Client
from django.urls import reverse

from applications.models import Answer
from tests.applications import factories
from tests.worlds import small_world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("headers", [{"X-Requested-With": "fetch"}, {"HX-Request": "true"}])
def test_a_signed_out_script_is_told_401_and_nothing_is_saved(headers: dict[str, str]) -> None:
    application = factories.draft(small_world())
    before = list(Answer.objects.order_by("pk").values_list("value", "version"))

    response = Client().post(
        "/my/application/motivation/", {"field": "answer-1", "value": "typed", "version": "1"}, headers=headers
    )

    assert response.status_code == 401
    assert "You are signed out" in response.json()["error"]
    assert response["Cache-Control"] == "no-store"
    assert list(Answer.objects.order_by("pk").values_list("value", "version")) == before
    assert application.answers.exists()


def test_a_signed_out_person_is_sent_to_sign_in_and_back() -> None:
    response = Client().get("/my/application/motivation/")

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next=/my/application/motivation/"
