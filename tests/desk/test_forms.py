"""Staff make, test and publish versions of forms; whoever has begun keeps theirs, or is moved and told."""

import re
from typing import Any

import pytest
from django.test import Client

from applications.domain.application import submit_application
from applications.domain.form_moves import move_drafts
from applications.models import Application, FormUse
from applications.queries.sheets import general_place, parts
from core import clock
from core.refusals import Refused
from mats_portal.desk.personas import PERSONAS
from mats_portal.desk.self_test import findings, report
from questions.domain.drafts import start_draft
from questions.domain.forms import FormText, ItemText, SectionText, add_version, publish_version
from questions.models import Form, FormItem, FormVersion
from questions.states import FormState, QuestionKind
from tests.applications import factories
from tests.worlds import World, form, question, small_world

CHOICES = [{"value": "here", "label": "Here"}, {"value": "other", "label": "Elsewhere"}]


@pytest.fixture
def world(db: None) -> World:
    return small_world()


@pytest.fixture
def staff(world: World) -> Client:
    client = Client()
    client.force_login(world.people["staff a"])
    return client


def page(client: Client, url: str, data: dict[str, Any] | None = None) -> tuple[int, str]:
    response = client.get(url) if data is None else client.post(url, data, follow=True)
    return response.status_code, response.content.decode()


def typed_draft(html: str) -> dict[str, str]:
    """Read the draft's form as a browser would send it."""
    data = dict(re.findall(r'<input[^>]*type="(?:text|number)"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', html))
    data |= dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"[^>]*type="(?:text|number)"', html))
    data |= dict(re.findall(r'name="([^"]+)" value="([^"]*)"', html)) | data
    data |= dict(re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\s*([^<]*)</textarea>', html))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        data[name] = chosen[1] if chosen else ""
    for name in re.findall(r'<input type="checkbox" name="([^"]+)"', html):
        data.pop(name, None)
    for box in re.findall(r'<input[^>]*type="checkbox"[^>]*>', html):
        name = re.search(r'name="([^"]+)"', box)
        if name and " checked" in box:
            data[name[1]] = "on"
        elif name:
            data.pop(name[1], None)
    return data


def every_kind() -> Form:
    """Publish a form that asks every kind of question, one of them only after a choice."""
    rows = []
    for kind in QuestionKind.values:
        choices = CHOICES if kind in {"choice", "multi_choice", "one_or_more", "skill"} else []
        asked = question(f"q-{kind}", kind, choices=choices, at_least=1 if kind == "one_or_more" else 0)
        rows.append((asked, {"max_words": 12} if kind in {"short_text", "long_text"} else {}))
    waiting = question("q-waiting", QuestionKind.SHORT_TEXT)
    rows.append((waiting, {"max_words": 5, "visible_if": {"question": "q-choice", "in": ["other"]}}))
    return form("every-kind", {"All": rows})


def test_self_test_of_a_form_with_every_kind_is_green_on_every_path(world: World) -> None:
    version = every_kind().versions.get()

    checks = report(version)

    assert [check.findings for check in checks] == [()] * 6
    # Five people, each as they are and with both answers of the question that decides.
    assert checks[1].n == 5 * 3
    assert all(check.n > 10 for check in checks[:-1]), "the last one is of rubrics, of which there are none here"


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda items: items["q-number"].question.__class__.objects.filter(code="q-number").update(kind="long_text"),
         "“q-number” needs a limit of words."),
        (lambda items: FormItem.objects.filter(pk=items["q-waiting"].pk).update(
            visible_if={"question": "q-choice", "in": ["moon"]}),
         "“q-waiting” waits for “moon”, which is no answer to “q-choice”."),
        (lambda items: items["q-skill"].question.__class__.objects.filter(code="q-skill").update(optional_only=True),
         "“q-skill” must stay optional: no rule may ask for it."),
        (lambda items: items["q-skill"].question.__class__.objects.filter(code="q-choice").update(optional_only=True),
         "“q-waiting” depends on “q-choice”, on which no rule may depend."),
    ],
)  # fmt: skip
@pytest.mark.requirement(14, 39)
def test_self_test_finds_a_planted_fault_and_nothing_is_published(world: World, change: Any, finding: str) -> None:
    version = every_kind().versions.get()
    FormVersion.objects.filter(pk=version.pk).update(state=FormState.DRAFT)
    change({item.question.code: item for item in version.items.all()})
    version = FormVersion.objects.get(pk=version.pk)

    assert finding in report(version)[0].findings
    with pytest.raises(Refused, match="This form is not ready"):
        publish_version(version=version, by=None, test=findings)
    assert FormVersion.objects.get(pk=version.pk).state == FormState.DRAFT


def test_self_test_finds_a_path_on_which_a_needed_answer_cannot_be_given(world: World) -> None:
    many = question("many", QuestionKind.ONE_OR_MORE, choices=CHOICES, at_least=3)
    version = form("impossible", {"All": [(many, {})]}).versions.get()

    assert any("Choose at least 3" in finding for finding in findings(version))


def test_staff_draft_change_test_and_publish_a_version(world: World, staff: Client) -> None:
    asked = world.cycle.general_form
    base = f"/console/setup/forms/{asked.public_id}"
    assert "General" in page(staff, "/console/setup/forms/")[1]
    status, html = page(staff, f"{base}/draft/", {})
    assert (status, FormVersion.objects.filter(form=asked).count()) == (200, 2)

    data = typed_draft(html) | {"wording-why": "Why this, and why now?", "words-why": "33", "order-why": "99"}
    data |= {"words-full-name": "5", "words-pronouns": "3"}
    status, html = page(staff, f"{base}/2/", data)
    assert (status, "The draft is saved" in html) == (200, True)
    assert "may be published" in page(staff, f"{base}/2/test/")[1]
    status, html = page(staff, f"{base}/2/publish/", {})

    assert (status, "Version 2 is what people fill in" in html) == (200, True)
    current = FormVersion.objects.get(form=asked, state=FormState.PUBLISHED)
    item = current.items.get(question__code="why")
    assert (current.number, item.text, item.max_words) == (2, "Why this, and why now?", 33)
    assert item.order == current.items.count()


def test_a_draft_with_a_fault_stays_a_draft_and_says_so(world: World, staff: Client) -> None:
    asked = world.cycle.general_form
    base = f"/console/setup/forms/{asked.public_id}"
    html = page(staff, f"{base}/draft/", {})[1]
    data = typed_draft(html)
    data["words-why"] = ""

    assert page(staff, f"{base}/2/", data)[0] == 200
    response = staff.post(f"{base}/2/publish/")

    assert response.status_code == 409
    assert "needs a limit of words" in response.content.decode()
    assert "Nothing is published while a line is red" in page(staff, f"{base}/2/test/")[1]
    assert FormVersion.objects.get(form=asked, number=2).state == FormState.DRAFT


@pytest.mark.parametrize("bad", [{"order-why": "first"}, {"words-why": "0"}, {"title-motivation": ""}])
def test_a_draft_typed_wrongly_is_shown_again_with_what_was_typed(world: World, staff: Client, bad: dict) -> None:
    base = f"/console/setup/forms/{world.cycle.general_form.public_id}"
    html = page(staff, f"{base}/draft/", {})[1]

    response = staff.post(f"{base}/2/", typed_draft(html) | {"wording-why": "Typed and not lost"} | bad)

    assert response.status_code == 422
    assert "Typed and not lost" in response.content.decode()


def test_a_published_version_never_changes_and_a_draft_can_be_thrown_away(world: World, staff: Client) -> None:
    base = f"/console/setup/forms/{world.cycle.general_form.public_id}"

    assert staff.post(f"{base}/1/", {}).status_code == 409
    assert staff.post(f"{base}/1/discard/").status_code == 409
    page(staff, f"{base}/draft/", {})
    assert "thrown away" in page(staff, f"{base}/2/discard/", {})[1]
    assert FormVersion.objects.filter(form=world.cycle.general_form).count() == 1
    assert staff.get(f"{base}/7/").status_code == 404


def test_preview_shows_the_form_as_each_made_up_person(world: World, staff: Client) -> None:
    asked = every_kind()

    for person in PERSONAS:
        status, html = page(staff, f"/console/setup/forms/{asked.public_id}/1/preview/?as={person.key}")
        assert (status, person.name in html, 'class="field-error"' in html) == (200, True, False)
    assert "Not asked of this person" in page(staff, f"/console/setup/forms/{asked.public_id}/1/preview/?as=brief")[1]
    assert "Not asked of this person" not in page(
        staff, f"/console/setup/forms/{asked.public_id}/1/preview/?as=other"
    )[1]  # fmt: skip


def new_version(world: World) -> FormVersion:
    """Publish a second version of the general form: one question more, one less, one with another limit."""
    question("new-one", QuestionKind.SHORT_TEXT)
    asked, codes = world.cycle.general_form, ["full-name", "why", "proof", "places", "consent", "new-one"]
    old = {item.question.code: item for item in asked.versions.get().items.select_related("question")}
    first = asked.versions.get()
    items = [
        ItemText(code, old[code].section if code in old else "motivation", code != "proof", 9 if code == "why" else 20)
        for code in codes
    ]
    sections = [SectionText(part["code"], part["title"]) for part in first.sections]
    version = add_version(form=asked, text=FormText(sections, items), by=None)
    return publish_version(version=version, by=None)


def asked_of(application: Application) -> list[str]:
    place = general_place(application)
    return [one.question.code for part in parts(application, [place])[place] for one in part.items]


def test_whoever_has_begun_keeps_the_version_and_whoever_begins_later_gets_the_new_one(world: World) -> None:
    first = factories.draft(world)
    new_version(world)

    later = factories.draft(world, "other applicant")

    assert "pronouns" in asked_of(first)
    assert "new-one" not in asked_of(first)
    assert "new-one" in asked_of(later)
    with clock.at(world.moments["open"]):
        assert submit_application(application=first, by=first.person).submitted_at


def test_moved_drafts_see_what_changed_and_lose_no_answer(world: World) -> None:
    draft, handed_in = factories.draft(world), factories.submitted(world, "other applicant")
    n_answers = draft.answers.count()
    new_version(world)

    with clock.at(world.moments["open"]):
        assert move_drafts(form=world.cycle.general_form, by=None) == 1
        assert move_drafts(form=world.cycle.general_form, by=None) == 0
        client = Client()
        client.force_login(draft.person)
        html = client.get("/my/application/").content.decode()

    assert "Questions changed" in html
    for words in ("New-one?", "Pronouns?", "Why?"):
        assert words in html, words
    assert draft.answers.count() == n_answers
    assert "new-one" in asked_of(draft)
    assert "new-one" not in asked_of(handed_in)
    assert FormUse.objects.filter(moved_at__isnull=False).count() == 1


def test_a_second_draft_is_the_first_one(world: World) -> None:
    asked = world.cycle.general_form

    assert start_draft(form=asked, by=None).pk == start_draft(form=asked, by=None).pk
    assert FormVersion.objects.filter(form=asked).count() == 2
