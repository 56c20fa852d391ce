"""Whatever is posted to a form: no fault of ours, nothing echoed raw, no header of theirs."""

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from applications.models import Answer, Application
from applications.queries.sheets import Asked, Place, evaluation_place, general_place, parts, stream_place, track_places
from core import clock
from questions.domain.drafts import start_draft
from questions.states import QuestionKind
from tests.applications import factories
from tests.security.attacks import attacks, is_markup
from tests.worlds import World, form, question, small_world

MARK = "m4rk"
CORPUS = attacks(MARK)
#: Answers that a page gives to a post. Anything else is a fault of ours.
FINE = {200, 302, 409, 422}
CHOICES = [{"value": "here", "label": "Here"}, {"value": "other", "label": "Elsewhere"}]


@dataclass
class Target:
    """A page with a form, and the names of what it takes."""

    url: str
    client: Client
    moment: Any
    names: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


def test_the_corpus_is_large_and_its_texts_differ() -> None:
    assert len(set(CORPUS)) == len(CORPUS) > 590
    assert all(MARK in attack for attack in CORPUS)


def every_kind_in_the_general_form(world: World) -> None:
    rows = []
    for kind in QuestionKind.values:
        choices = CHOICES if kind in {"choice", "multi_choice", "one_or_more", "skill"} else []
        rows.append((question(f"q-{kind}", kind, choices=choices), {"max_words": 30, "required": False}))
    waiting = question("q-waiting", QuestionKind.LONG_TEXT)
    rows.append((waiting, {"max_words": 5, "visible_if": {"question": "q-choice", "in": ["other"]}}))
    made = form("fuzzed", {"All": rows, "More": [(question("more"), {"max_words": 5})]})
    world.cycle.general_form = made
    world.cycle.save()


def targets() -> list[Target]:
    """Return every form of an applicant and the draft of a form, with people who may post to them."""
    world = small_world()
    in_two = factories.in_stage2(world, "other applicant")
    stream = factories.stream_draft(world, in_two, "alpha")
    task = in_two.evaluation_assignments.get()
    every_kind_in_the_general_form(world)
    application = factories.draft(world)
    own, two, staff = Client(), Client(), Client()
    for client, person in ((own, application.person), (two, in_two.person), (staff, world.people["staff a"])):
        client.force_login(person)
        client.raise_request_exception = False
    track = world.tracks["empirical"].public_id
    opened, stage2 = world.moments["open"], world.moments["stage2"]
    made = [
        _page("/my/application/all/", own, opened, application, general_place(application)),
        _page(f"/my/application/track-{track}/", own, opened, application, track_places(application)[0]),
        _page(f"/my/streams/{stream.stream.slug}/", two, stage2, in_two, stream_place(stream)),
        _page(f"/my/tasks/{task.public_id}/", two, stage2, in_two, evaluation_place(task)),
        Target("/my/application/tracks/", own, opened, ["tracks", "confirmed", "back"]),
    ]
    version = start_draft(form=world.cycle.general_form, by=None)
    keys = [item.question.code for item in version.items.all()]
    names = [f"{name}-{key}" for key in keys for name in ("order", "section", "wording", "words", "required", "remove")]
    base = f"/console/setup/forms/{world.cycle.general_form.public_id}/{version.number}/"
    return [*made, Target(base, staff, opened, [*names, "title-all", "intro-all", "title-more", "intro-more", "add"])]


def _page(url: str, client: Client, moment: Any, application: Application, place: Place) -> Target:
    asked = [one for part in parts(application, [place])[place] for one in part.items]
    return Target(url, client, moment, [f"answer-{one.item.pk}" for one in asked], asked)


def submission(target: Target, texts: list[str], rng: random.Random) -> dict[str, Any]:
    """Return one post: every field with one or several of the texts, over the version that is stored."""
    data: dict[str, Any] = {"ai_statement": texts[0]}
    for name in target.names:
        if rng.random() < 0.5 or len(target.names) < 6:
            data[name] = rng.choices(texts, k=rng.choice((1, 1, 2, 3, 4)))
    stored = {answer.question_id: answer.version for answer in Answer.objects.filter(
        question__in=[one.item.question_id for one in target.asked])}  # fmt: skip
    for one in target.asked:
        data[f"version-{one.item.pk}"] = rng.choice((stored.get(one.item.question_id, 0), texts[0]))
        if rng.random() < 0.1:
            data["resolve"] = f"{one.item.pk}:{rng.choice(('saved', 'mine', 'both', texts[0]))}"
    if rng.random() < 0.2 and target.asked:
        data["field"], data["value"] = target.names[0], rng.choices(texts, k=2)
    return {name: _sendable(value) for name, value in data.items()}


def _sendable(value: Any) -> Any:
    # A browser cannot send half a pair of surrogates; as bytes they would never reach the form.
    if isinstance(value, list):
        return [_sendable(one) for one in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def judge(response: Any, texts: list[str], seen: Counter) -> None:
    """Demand an ordinary answer that holds nothing raw."""
    seen[response.status_code] += 1
    assert response.status_code in FINE, (response.status_code, texts)
    assert "X-Evil" not in response.headers
    html = response.content.decode("utf-8", "replace")
    raw = [text for text in texts if is_markup(text) and MARK in text and _sendable(text).replace("\x00", "") in html]
    assert raw == []
    assert f"49{MARK}" not in html


def attack_all(places: list[Target], n: int, seed: int) -> Counter:
    """Post ``n`` times, walking through the corpus; every tenth time look at the page that shows what is stored."""
    rng, seen = random.Random(seed), Counter()
    order = [CORPUS[index % len(CORPUS)] for index in range(n)]
    for number, attack in enumerate(order):
        target = places[number % len(places)]
        texts = [attack, *rng.choices(CORPUS, k=2)]
        with clock.at(target.moment):
            judge(target.client.post(target.url, submission(target, texts, rng)), texts, seen)
            if number % 10 == 0:
                judge(target.client.get(target.url), CORPUS, seen)
                if not target.url.startswith("/console/"):
                    judge(target.client.get("/my/application/check/"), CORPUS, seen)
    return seen


@pytest.mark.django_db
@pytest.mark.goal("E1")
@pytest.mark.parametrize("n", [60, pytest.param(7000, marks=pytest.mark.prove)])
def test_no_attack_of_the_corpus_breaks_a_form_or_comes_back_raw(n: int) -> None:
    seen = attack_all(targets(), n, 26)

    # The posts did arrive: some were stored, some were told what is wrong, and answers stand on pages.
    assert seen[302] > n // 20
    assert seen[422] > n // 20
    assert Answer.objects.filter(value__icontains=MARK).exists()


def test_control_an_attack_that_came_back_raw_would_be_noticed() -> None:
    attack = f"<img src=x onerror=alert('{MARK}')>"

    class Page:
        status_code, headers, content = 200, {}, f"<p>{attack}</p>".encode()

    with pytest.raises(AssertionError):
        judge(Page(), [attack], Counter())
    Page.content = re.sub("<img", "&lt;img", Page.content.decode()).encode()
    judge(Page(), [attack], Counter())


ANY_TEXT = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=st.characters(categories=["Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Mn"]), max_size=80),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["", " ", "here", "other", "yes", "no", "2026-09-28", "40", "https://example.org/a b"]),
)


def fuzz(places: list[Target], n: int) -> Counter:
    """Post texts that hypothesis makes up, ``n`` times."""
    seen: Counter = Counter()

    @settings(
        max_examples=n,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(texts=st.lists(ANY_TEXT, min_size=1, max_size=6), place=st.integers(0, len(places) - 1), seed=st.integers())
    def post(texts: list[str], place: int, seed: int) -> None:
        target = places[place]
        with clock.at(target.moment):
            data = submission(target, texts, random.Random(seed))
            judge(target.client.post(target.url, data), texts, seen)

    post()
    return seen


@pytest.mark.django_db
@pytest.mark.goal("E1")
@pytest.mark.parametrize("n", [40, pytest.param(3000, marks=pytest.mark.prove)])
def test_no_text_at_all_breaks_a_form(n: int) -> None:
    seen = fuzz(targets(), n)

    assert sum(seen.values()) >= n
    assert seen[302] > n // 20
