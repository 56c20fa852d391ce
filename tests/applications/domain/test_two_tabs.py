"""Two tabs typing over each other, in any order: no character is lost."""

from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from applications.domain.answers import resolve_answer, save_answer
from applications.models import Answer, AnswerVersion, Application
from applications.queries.sheets import general_place, parts
from applications.states import AnswerScope
from core import clock
from core.refusals import Stale
from tests.applications import factories
from tests.worlds import MOMENTS, small_world

#: Which tab acts, what it types, and how it settles a conflict if it meets one.
ACTS = st.lists(
    st.tuples(st.integers(0, 1), st.text(max_size=12), st.sampled_from(["saved", "mine", "both"])),
    min_size=2,
    max_size=12,
)


@pytest.mark.django_db
@pytest.mark.threat("T30")
@pytest.mark.parametrize("n", [25, pytest.param(1000, marks=pytest.mark.prove)])
def test_every_text_that_two_tabs_send_is_stored_or_kept(n: int) -> None:
    reached = interleavings(n)

    # The tabs did meet: without conflicts the test above would say nothing.
    assert reached["stored"] > n
    assert reached["conflict"] > n // 2
    assert reached["resolved"] == reached["conflict"]


def interleavings(n: int) -> Counter:
    """Play ``n`` interleavings, each in a savepoint of its own: all examples share the test's transaction."""
    reached: Counter = Counter()
    application = factories.draft(small_world())

    @settings(
        max_examples=n,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(acts=ACTS)
    def interleave(acts: list[tuple[int, str, str]]) -> None:
        with transaction.atomic(), clock.at(MOMENTS["open"]):
            _play(application, acts, reached)
            transaction.set_rollback(True)

    interleave()
    return reached


def _play(application: Application, acts: list[tuple[int, str, str]], reached: Counter) -> None:
    place = general_place(application)
    item = next(
        one.item for part in parts(application, [place])[place] for one in part.items if one.question.code == "why"
    )
    answer = Answer.objects.get(application=application, question=item.question)
    # What each tab believes to be stored.
    seen = {0: answer.version, 1: answer.version}
    sent = set()
    common = {
        "application": application,
        "item": item,
        "scope": AnswerScope.GENERAL,
        "scope_key": "",
        "by": application.person,
    }
    for tab, text, choice in acts:
        tidy = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
        sent.add(tidy)
        try:
            seen[tab] = save_answer(**common, value=text, version=seen[tab]).version
            reached["stored"] += 1
        except Stale as late:
            reached["conflict"] += 1
            settled = resolve_answer(**common, choice=choice, mine=text, version=late.current.version)
            seen[tab] = settled.version
            reached["resolved"] += 1
    answer.refresh_from_db()
    kept = [answer.value, *AnswerVersion.objects.filter(answer=answer).values_list("value", flat=True)]
    assert [text for text in sent if not any(text in one for one in kept)] == []
