"""Scores of providers: by file and by signed call, matched by code, the same report twice is one."""

import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from applications.domain.scores import check_scores, import_scores, read_scores
from applications.models import EvaluationAssignment, EvaluationDefinition, ExternalScore, ScoreDelivery
from applications.states import AiPolicy, EvaluationKind, EvaluationState
from core import clock
from core.models import AuditEvent
from core.refusals import Refused
from tests.applications import factories
from tests.worlds import World

URL, SECRET = "/hooks/scores/assessor/", "a-secret-of-the-test"


@pytest.fixture
def task(world: World, settings: Any) -> EvaluationAssignment:
    """Return the assignment of a test that is done at a provider."""
    settings.SCORE_HOOK_SECRETS = {"assessor": SECRET}
    test = EvaluationDefinition.objects.create(
        cycle=world.cycle, code="outside", title="Outside", brief="x", effort_minutes=30, kind=EvaluationKind.EXTERNAL,
        provider="assessor", ai_policy=AiPolicy.FORBIDDEN,
    )  # fmt: skip
    test.tracks.set([world.tracks["empirical"]])
    return factories.in_stage2(world).evaluation_assignments.get(definition=test)


def report(task: EvaluationAssignment, score: str = "31", out_of: str = "40") -> str:
    """Write a file of one score that fits and five lines that do not."""
    return (
        "score,name,code,out_of\n"
        f"{score},Somebody,{task.public_id},{out_of}\n"
        "12,,unknown-code,40\n"
        f"twelve,,{task.public_id},40\n"
        f"41,,{task.public_id},40\n"
        f"NaN,,{task.public_id},40\n"
        f"{score},,{task.public_id},{out_of}\n"
    )


@pytest.mark.requirement(103)
def test_file_is_checked_without_a_trace_then_stored_once(world: World, task: EvaluationAssignment) -> None:
    reported = read_scores(report(task))
    with clock.at(world.moments["stage2"]):
        checked = check_scores(provider="assessor", reported=reported)
        assert not ExternalScore.objects.exists()
        stored = import_scores(provider="assessor", reported=reported, source="csv", by=world.people["staff a"])
        again = import_scores(provider="assessor", reported=reported, source="csv", by=world.people["staff a"])
    task.refresh_from_db()

    assert checked == stored
    assert (stored.new, stored.unmatched) == ([2], [(3, "unknown-code")])
    assert stored.refused == [
        (4, "“twelve” is not a number."),
        (5, "41 is not between 0 and 40."),
        (6, "“NaN” is not a number that a score can be."),
        (7, "This code stands in an earlier line too."),
    ]
    assert (again.new, again.changed, again.unchanged[:1]) == ([], [], [2])
    assert (task.state, task.external_score.value) == (EvaluationState.GRADED, Decimal(31))


def test_later_report_takes_the_place_and_another_providers_code_is_unmatched(
    world: World, task: EvaluationAssignment
) -> None:
    with clock.at(world.moments["stage2"]):
        import_scores(provider="assessor", reported=read_scores(report(task)), source="csv")
        later = read_scores(report(task, "33.5"))
        assert import_scores(provider="assessor", reported=later, source="csv").changed == [2]
        other = import_scores(provider="another", reported=later, source="csv")

    assert ExternalScore.objects.get().value == Decimal("33.5")
    assert len(other.unmatched) == 6


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "lacks code, score, out_of"),
        ("code,score\na,1\n", "lacks out_of"),
        ('code,score,out_of\n"a,1,2\n', "is no line of a CSV file"),
    ],
)
def test_file_that_is_none_is_refused_with_the_reason(content: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read_scores(content)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(content: str) -> None:
    try:
        read_scores("code,score,out_of\n" + content)
    except Refused:
        pass


def body(task: EvaluationAssignment, delivery: str = "d-1", score: float = 31) -> bytes:
    """Return what a provider sends."""
    return json.dumps(
        {"delivery": delivery, "scores": [{"code": task.public_id, "score": score, "out_of": 40}]}
    ).encode()


def call(content: bytes, *, at: float, secret: str = SECRET, url: str = URL) -> Any:
    """Call as a provider does."""
    mark = hmac.new(secret.encode(), b"%d." % at + content, hashlib.sha256).hexdigest()
    return Client(enforce_csrf_checks=True).post(
        url, content, content_type="application/json", headers={"X-Signature": f"t={int(at)},v1={mark}"}
    )


@pytest.mark.threat("T39")
@pytest.mark.requirement(103)
def test_signed_call_is_taken_once_and_answers_the_same_again(world: World, task: EvaluationAssignment) -> None:
    now = world.moments["stage2"].timestamp()
    with clock.at(world.moments["stage2"]):
        first, again = call(body(task), at=now), call(body(task), at=now)
        other = call(body(task, score=40), at=now)

    assert (first.status_code, first.json()["new"]) == (200, [1])
    assert (again.status_code, again.json()) == (200, first.json())
    assert other.status_code == 409
    assert (ScoreDelivery.objects.count(), ExternalScore.objects.get().value) == (1, Decimal(31))


@pytest.mark.parametrize("wrong", ["secret", "old", "future", "provider", "none", "body"])
def test_call_that_is_not_signed_now_by_a_known_provider_is_401_and_stores_nothing(
    world: World, task: EvaluationAssignment, wrong: str
) -> None:
    now, content = world.moments["stage2"].timestamp(), body(task)
    with clock.at(world.moments["stage2"]):
        answers = {
            "secret": lambda: call(content, at=now, secret="another"),
            "old": lambda: call(content, at=now - 301),
            "future": lambda: call(content, at=now + 301),
            "provider": lambda: call(content, at=now, secret="", url="/hooks/scores/nobody/"),
            "none": lambda: Client().post(URL, content, content_type="application/json"),
            "body": lambda: Client().post(
                URL,
                content + b" ",
                content_type="application/json",
                headers={"X-Signature": f"t={int(now)},v1={hmac.new(SECRET.encode(), content, 'sha256').hexdigest()}"},
            ),
        }
        answer = answers[wrong]()

    assert answer.status_code == 401
    assert not ScoreDelivery.objects.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"delivery": 1, "scores": []}', b'{"delivery": "a", "scores": [{}]}', b"\xff", b"[" * 9000],
)
def test_signed_nonsense_is_422(world: World, task: EvaluationAssignment, content: bytes) -> None:
    with clock.at(world.moments["stage2"]):
        assert call(content, at=world.moments["stage2"].timestamp()).status_code == 422


def test_body_beyond_the_limit_is_413(world: World, task: EvaluationAssignment) -> None:
    with clock.at(world.moments["stage2"]):
        assert call(b" " * 300_000, at=world.moments["stage2"].timestamp()).status_code == 413


def test_staff_see_what_a_file_would_do_and_then_store_it(world: World, task: EvaluationAssignment) -> None:
    staff = Client()
    staff.force_login(world.people["staff a"])
    with clock.at(world.moments["stage2"]):
        checked = staff.post("/console/tasks/import/", {"provider": "assessor", "content": report(task)})
        assert not ExternalScore.objects.exists()
        stored = staff.post(
            "/console/tasks/import/", {"provider": "assessor", "content": report(task), "act": "import"}
        )
        wrong = staff.post("/console/tasks/import/", {"provider": "assessor", "content": "x"})
        empty = staff.post("/console/tasks/import/", {"provider": "assessor"})
        listed = staff.get("/console/tasks/").content.decode()
        own = Client()
        own.force_login(world.people["applicant"])
        page = own.get(f"/my/tasks/{task.public_id}/").content.decode()

    assert "Line 3: <code>unknown-code</code>" in checked.content.decode()
    assert (stored.status_code, wrong.status_code, empty.status_code) == (302, 422, 422)
    assert ExternalScore.objects.count() == 1
    assert "at assessor" in listed
    assert "31 of 40" in page
    assert task.public_id in page


@pytest.mark.requirement(103)
def test_staff_type_a_score_and_correct_it_and_what_cannot_be_is_said(world: World, task: EvaluationAssignment) -> None:
    staff, lead, applicant = Client(), Client(), Client()
    for client, who in ((staff, "staff a"), (lead, "empirical lead"), (applicant, "applicant")):
        client.force_login(world.people[who])
    url = f"/lead/tasks/{task.public_id}/"
    with clock.at(world.moments["stage2"]):
        assert staff.post(f"{url}score/", {"score-value": "41", "score-out_of": "40"}).status_code == 409
        assert staff.post(f"{url}score/", {"score-value": "many", "score-out_of": "40"}).status_code == 422
        assert lead.post(f"{url}score/", {"score-value": "1", "score-out_of": "2"}).status_code == 403
        assert not ExternalScore.objects.exists()
        for value in ("30", "31", "31"):
            assert staff.post(f"{url}score/", {"score-value": value, "score-out_of": "40"}).status_code == 302
        page = applicant.get(f"/my/tasks/{task.public_id}/").content.decode()

    stored = ExternalScore.objects.get()
    assert (stored.value, stored.out_of, stored.source) == (31, 40, "hand")
    assert "31 of 40" in page
    assert AuditEvent.objects.filter(verb="receive_score", actor=world.people["staff a"]).count() == 2
