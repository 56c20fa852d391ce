"""Sentences to applicants: no praise of nothing, no comparison, no score, no sign of who read."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from mats_portal.demo.texts.reviews import PUBLIC
from reviews.engine.wording import COMPARISON, NAMED, PRAISE, SCORE, faults

HOLLOW = [
    ("We were impressed by your profile.", PRAISE.format("impressed")),
    ("A strong application overall.", PRAISE.format("strong application")),
    ("Unfortunately the field was large.", PRAISE.format("Unfortunately")),
    ("Clearer in writing, less exact than others.", COMPARISON.format("less exact than others")),
    ("Another applicant had the same idea.", COMPARISON.format("Another applicant")),
    ("You were in the top 20.", COMPARISON.format("top 20")),
    ("For me a 4/5 on taste.", SCORE.format("4/5")),
    ("I gave you 3 here.", SCORE.format("I gave you 3")),
]
#: Letters to readers may speak of another reader.
TO_READERS = {"answer_corrected.txt", "levels_apart.txt", "reading_due.txt", "sentence_sent_back.txt"}
PLAIN = [
    "The second experiment is stronger than the first: it has a control.",
    "You name a failure and what you changed after it; the link to risk stays open.",
    "Of the three examples, 1 of 5 runs is explained.",
    "Impressions of users are no measurement.",
]


@pytest.mark.parametrize(("sentence", "advice"), HOLLOW)
def test_hollow_sentence_is_told_why(sentence: str, advice: str) -> None:
    assert faults(sentence) == [advice]


@pytest.mark.parametrize("sentence", PLAIN)
def test_sentence_with_something_to_say_passes(sentence: str) -> None:
    assert faults(sentence) == []


def test_own_name_is_found_as_a_name_is_written() -> None:
    assert faults("Ask Marlowe about it.", "Will Marlowe") == [NAMED.format("Marlowe")]
    assert faults("The plan will work; Will it? marlowe.", "Will Marlowe") == []
    assert faults("Marlowesque.", "Will Marlowe") == []


def test_demo_sentences_and_letters_of_decisions_hold_to_it() -> None:
    sentences = [sentence for level in PUBLIC.values() for sentence in level]
    letters = sorted(Path(settings.BASE_DIR, "templates").glob("*/mail/*.txt"))
    assert {path.name for path in letters} > TO_READERS
    letters = [path for path in letters if path.name not in TO_READERS]

    assert len(sentences) >= 18, "liveness"
    assert len(letters) >= 10, "liveness"
    assert {sentence: faults(sentence) for sentence in sentences if faults(sentence)} == {}
    texts = {path.name: re.sub(r"{#.*?#}|{%.*?%}", "", path.read_text()) for path in letters}
    assert {name: faults(text) for name, text in texts.items() if faults(text)} == {}
