"""What work.js does with the server's answers; the server of the autosave is played here, reply by reply."""

import json
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADDRESS = "/played/autosave/"


class Server:
    """Answers each autosave with the next planned reply, and keeps what was sent."""

    def __init__(self) -> None:
        self.replies: list[dict | None] = []
        self.received: list[dict[str, list[str]]] = []

    def __call__(self, route: Route) -> None:
        self.received.append(parse_qs(route.request.post_data, keep_blank_values=True))
        reply = self.replies.pop(0)
        if reply is None:
            route.abort()
        else:
            route.fulfill(**reply)


@pytest.fixture
def typing(gallery: Page) -> tuple[Page, Server]:
    server = Server()
    gallery.route(f"**{ADDRESS}", server)
    gallery.clock.install()
    form = gallery.locator("form", has=gallery.locator("#field-site"))
    form.evaluate("(form, url) => { form.dataset.autosaveUrl = url }", ADDRESS)
    return gallery, server


def saved(version: int, at: str) -> dict:
    return {"status": 200, "content_type": "application/json", "body": json.dumps({"version": version, "saved_at": at})}


def line(page: Page):
    return page.locator("[data-save-line]")


def test_a_change_is_saved_once_typing_stops_and_carries_its_version(typing):
    page, server = typing
    server.replies = [saved(4, "14:32:10"), saved(5, "14:32:20")]

    page.locator("#answer-site").fill("https://one.example/")
    page.clock.fast_forward(1400)
    before = len(server.received)
    page.clock.fast_forward(200)
    expect(line(page)).to_have_text("Saved 14:32:10")
    page.locator("#answer-site").fill("https://two.example/")
    page.clock.fast_forward(3100)
    expect(line(page)).to_have_text("Saved 14:32:20")

    assert before == 0
    assert server.received == [
        {"field": ["answer-site"], "version": ["3"], "value": ["https://one.example/"]},
        {"field": ["answer-site"], "version": ["4"], "value": ["https://two.example/"]},
    ]
    assert page.locator("[name=version-site]").input_value() == "5"


def test_without_a_connection_the_text_stays_and_is_sent_again_after_ten_seconds(typing):
    page, server = typing
    server.replies = [None, saved(4, "14:33:00")]

    page.locator("#answer-site").fill("https://one.example/")
    page.clock.fast_forward(1600)
    expect(line(page)).to_contain_text("Not saved: no connection. Trying again in 10 s.")
    expect(page.locator("#status")).to_contain_text("Not saved")
    page.clock.fast_forward(10100)
    expect(line(page)).to_have_text("Saved 14:33:00")

    assert [one["value"] for one in server.received] == [["https://one.example/"]] * 2


def test_a_conflict_is_shown_at_the_field_which_then_waits_for_the_person(typing):
    page, server = typing
    panel = '<section class="conflict"><p>This answer changed in another tab</p></section>'
    server.replies = [{"status": 409, "content_type": "text/html", "body": panel}]

    page.locator("#answer-site").fill("https://one.example/")
    page.clock.fast_forward(1600)
    expect(page.locator("#field-site .conflict")).to_contain_text("another tab")
    page.locator("#answer-site").fill("https://two.example/")
    page.clock.fast_forward(20000)

    assert len(server.received) == 1
    assert page.locator("#answer-site").input_value() == "https://two.example/"


def test_an_expired_sign_in_says_so_and_keeps_the_text(typing):
    page, server = typing
    page.route("**/components/", lambda route: route.fulfill(status=403, body="signed out"))
    server.replies = [{"status": 401, "body": ""}]

    page.locator("#answer-site").fill("https://one.example/")
    page.clock.fast_forward(1600)

    expect(page.get_by_role("alert").filter(has_text="You were signed out")).to_be_visible()
    assert page.locator("#answer-site").input_value() == "https://one.example/"


def test_a_refused_value_is_named_at_the_field(typing):
    page, server = typing
    server.replies = [{"status": 422, "content_type": "application/json", "body": '{"error": "Write a web address"}'}]

    page.locator("#answer-site").fill("x")
    page.clock.fast_forward(1600)

    expect(page.locator("#field-site")).to_contain_text("Write a web address")


def test_digits_score_the_focused_criterion_and_go_to_the_next(gallery):
    gallery.locator("[name=score-motivation][value='3']").focus()

    gallery.keyboard.press("5")
    gallery.keyboard.press("0")

    assert gallery.locator("[name=score-motivation]:checked").get_attribute("value") == "5"
    assert gallery.locator("[name=score-taste]:checked").get_attribute("value") == "0"


def test_digits_do_nothing_outside_a_criterion(gallery):
    gallery.locator("#answer-site").focus()

    gallery.keyboard.press("5")

    assert gallery.locator("[name=score-motivation]:checked").get_attribute("value") == "3"
    assert gallery.locator("#answer-site").input_value() == "5"


@pytest.mark.parametrize(("key", "move"), [("ArrowUp", "a2:up"), ("ArrowDown", "a2:down"), ("End", "a2:last")])
def test_keys_on_a_row_post_the_same_form_as_its_buttons(gallery, key, move):
    gallery.locator("#rank-a2-to").focus()

    with gallery.expect_request(lambda request: request.method == "POST") as sent:
        gallery.keyboard.press(f"Alt+{key}")

    assert parse_qs(sent.value.post_data)["move"] == [move]


def test_dragging_by_the_handle_posts_the_new_place(gallery):
    handle, last = gallery.locator("#rank-a1 [data-rank-handle]"), gallery.locator("#rank-a3")
    handle.scroll_into_view_if_needed()
    start, end = handle.bounding_box(), last.bounding_box()

    gallery.mouse.move(start["x"] + 5, start["y"] + 5)
    gallery.mouse.down()
    gallery.mouse.move(start["x"] + 5, end["y"] + end["height"] - 2, steps=4)
    with gallery.expect_request(lambda request: request.method == "POST") as sent:
        gallery.mouse.up()

    body = parse_qs(sent.value.post_data)
    assert (body["move"], body["to-a1"]) == (["a1:to"], ["3"])
