"""Each kind of question: what is read from a page, kept, shown, and what stands against handing in."""

from typing import Any

import pytest

from applications.domain.values import NoAnswer, tidy_value
from applications.forms.answers import read_answer
from applications.queries.faults import fault, is_answered, missing, oddity, warnings
from applications.queries.values import display
from questions.models import Question
from questions.states import QuestionKind

LEVELS = [{"value": "none", "label": "Not yet"}, {"value": "own", "label": "On my own"}]
THREE = [{"value": v, "label": v.upper()} for v in ("a", "b", "c")]


def asks(kind: str, **fields: Any) -> Question:
    return Question(code="q", text="Q", kind=kind, **fields)


SKILL = asks(QuestionKind.SKILL, choices=LEVELS)
DATES = asks(QuestionKind.AVAILABILITY)
LINKS = asks(QuestionKind.LINKS, at_most=2)
DOMAINS = asks(QuestionKind.ONE_OR_MORE, choices=THREE, at_least=2)


def kept(question: Question, *typed: str) -> Any:
    """Return what is stored of what a page posts."""
    return tidy_value(question, read_answer(question, typed))


@pytest.mark.requirement(74)
def test_links_are_read_in_pairs_and_words_behind_an_address_are_its_reason() -> None:
    value = kept(LINKS, "https://a.example/x  my part", "", "", "", "https://b.example", "  two ")

    assert value == [
        {"url": "https://a.example/x", "why": "my part"},
        {"url": "https://b.example", "why": "two"},
    ]
    assert display(LINKS, value) == "https://a.example/x my part\nhttps://b.example two"
    assert fault(LINKS, value, "Q") == ""


@pytest.mark.requirement(74)
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["https://a.example", ""], "Say why link 1 for “Q” matters"),
        (["", "why"], "Write the address of link 1 for “Q”"),
        (["https://a.example", "x" * 280], ""),
        (["https://a.example", "x" * 281],
         "Shorten why link 1 for “Q” matters: 1 characters over the limit of 280"),
        (["https://a.example", "x"] * 3, "Keep at most 2 links for “Q”: there are 3"),
        (["https://a.example", "x"] * 2, ""),
    ],
)  # fmt: skip
def test_a_link_without_reason_or_beyond_the_limit_is_kept_and_stands_against_handing_in(
    typed: list[str], said: str
) -> None:
    value = kept(LINKS, *typed)

    assert len(value) == len(typed) // 2
    assert fault(LINKS, value, "Q") == said


@pytest.mark.requirement(74)
@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("javascript:alert(1)", "plain text"),
        ("www.example.org/x", "plain text"),
        ("http://localhost:8000/x", "own network"),
        ("http://192.168.0.4/", "own network"),
        ("https://me:secret@example.org/", "user name"),
        ("http://[", "no address"),
        ("https://docs.google.com/document/d/1/edit", "private window"),
    ],
)
def test_an_odd_link_is_warned_of_and_never_in_the_way(url: str, word: str) -> None:
    value = kept(LINKS, url, "it matters")

    assert value[0]["url"] == url
    assert fault(LINKS, value, "Q") == ""
    assert word in warnings(LINKS, value)[0]
    assert oddity("https://example.org/paper.pdf") == ""


@pytest.mark.requirement(35)
def test_a_skill_has_a_level_with_evidence_and_a_link() -> None:
    value = kept(SKILL, "own", "I ran 40 models\r\non two machines", "https://a.example")

    assert value == {"level": "own", "evidence": "I ran 40 models\non two machines", "url": "https://a.example"}
    assert display(SKILL, value) == "On my own\nI ran 40 models\non two machines\nhttps://a.example"
    assert fault(SKILL, value, "Q") == ""
    assert fault(SKILL, kept(SKILL, "own", "", ""), "Q") == "Say what shows your level for “Q”"
    assert fault(SKILL, kept(SKILL, "", "words", ""), "Q") == "Choose your level for “Q”"
    assert fault(SKILL, kept(SKILL, "none", "", ""), "Q") == ""
    assert kept(SKILL, "", "", "") is None
    assert "over the limit of 600" in fault(SKILL, kept(SKILL, "own", "x" * 601, ""), "Q")
    with pytest.raises(NoAnswer, match="one of the levels"):
        kept(SKILL, "wizard", "", "")


def test_an_availability_has_days_hours_and_a_note() -> None:
    value = kept(DATES, "2026-09-28", "2026-12-04", "30", "Away\r\nin October")

    assert value == {"from": "2026-09-28", "until": "2026-12-04", "hours": 30, "note": "Away\nin October"}
    assert display(DATES, value) == "28 September 2026 to 4 December 2026, 30 hours a week\nAway\nin October"
    assert fault(DATES, value, "Q") == ""
    assert kept(DATES) is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["", "2026-12-04", "30"], "Write your first day for “Q”"),
        (["2026-09-28", "", "30"], "Write your last day for “Q”"),
        (["2026-12-04", "2026-09-28", "30"], "Put the last day after the first for “Q”"),
        (["2026-09-28", "2026-12-04", ""], "Write your hours a week for “Q”"),
        (["2026-09-28", "2026-12-04", "90"], "Write between 1 and 80 hours a week for “Q”"),
    ],
)
def test_an_unfinished_availability_is_kept_and_says_what_is_missing(typed: list[str], said: str) -> None:
    value = kept(DATES, *typed)

    assert is_answered(DATES, value)
    assert fault(DATES, value, "Q") == said


@pytest.mark.parametrize("typed", [["tomorrow", "", ""], ["", "", "many"], ["", "", "1e9"], ["2026-02-30", "", ""]])
def test_an_impossible_part_of_an_availability_is_said_beside_it(typed: list[str]) -> None:
    with pytest.raises(NoAnswer, match="Write"):
        kept(DATES, *typed)


@pytest.mark.requirement(97)
def test_one_or_more_of_counts_and_none_is_a_warning() -> None:
    assert fault(DOMAINS, kept(DOMAINS, "a"), "Q") == "Choose at least 2 for “Q”"
    assert fault(DOMAINS, kept(DOMAINS, "c", "a"), "Q") == ""
    assert missing(DOMAINS, "Q") == "Choose at least 2 for “Q”"
    assert "you may still go on" in warnings(DOMAINS, [])[0]
    assert warnings(DOMAINS, kept(DOMAINS, "a", "b")) == []


def test_most_choices_are_counted_too() -> None:
    few = asks(QuestionKind.MULTI_CHOICE, choices=THREE, at_most=1)

    assert fault(few, kept(few, "a", "b"), "Q") == "Choose at most 1 for “Q”"
    assert fault(few, kept(few, "a"), "Q") == ""


def test_an_acknowledgement_is_ticked_or_nothing() -> None:
    question = asks(QuestionKind.ACKNOWLEDGEMENT)

    assert (kept(question, "yes"), kept(question)) == (True, False)
    assert display(question, True) == "Read"
    assert not is_answered(question, False)
    assert missing(question, "Q") == "Tick that you have read “Q”"


@pytest.mark.parametrize("kind", QuestionKind.values)
@pytest.mark.parametrize("typed", [[], [""], ["x"] * 9, ["\x00\ud800\u202e"], ["<script>alert(1)</script>"] * 4])
def test_every_kind_takes_or_refuses_whatever_is_posted(kind: str, typed: list[str]) -> None:
    question = asks(kind, choices=THREE)

    try:
        value = kept(question, *typed)
    except NoAnswer:
        return
    assert isinstance(display(question, value), str)
    assert isinstance(fault(question, value, "Q") if is_answered(question, value) else "", str)
