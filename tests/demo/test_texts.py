"""Texts of invented people: whole, varied, within the limits, and never filler."""

import random
import re

import pytest

from mats_portal.demo.texts import reviews
from mats_portal.demo.texts.writer import ANSWERS, Writer, shortened


@pytest.mark.parametrize("code", sorted(ANSWERS))
def test_answers_leave_no_blank_open_and_differ_between_people(code):
    writer = Writer(random.Random(5))
    texts = [writer.answer(code) for _ in range(40)]

    assert [text for text in texts if re.search(r"[{}]|lorem|  ", text, re.IGNORECASE)] == []
    assert min(len(text.split()) for text in texts) >= 5
    assert len(set(texts)) >= 5


def test_motivations_of_220_people_are_nearly_all_different():
    writer = Writer(random.Random(26))

    assert len({writer.answer("motivation_risk") for _ in range(220)}) > 190


def test_an_answer_is_shortened_by_whole_sentences():
    assert shortened("One two three. Four five six. Seven.", 6) == "One two three. Four five six."
    assert shortened("One two three four.", 2) == "One two"


def test_public_sentences_stand_in_one_level_each():
    sentences = [sentence for level in reviews.PUBLIC.values() for sentence in level]

    assert len(sentences) == len(set(sentences))
