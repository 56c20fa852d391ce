"""Join fragments into answers. The same seed writes the same texts."""

import random
import re
from collections.abc import Mapping, Sequence

from mats_portal.demo.texts import evaluations, general, streams, tracks

#: One answer takes one fragment of each slot, in order.
Slots = Sequence[Sequence[str]]
ANSWERS: Mapping[str, Slots] = {**general.ANSWERS, **tracks.ANSWERS, **streams.ANSWERS, **evaluations.ANSWERS}
#: Words that fragments leave open, as {name}.
BLANKS: Mapping[str, Sequence[str]] = {
    "few": ("two", "three", "four", "five", "six"),
    "many": ("14", "18", "23", "31", "40", "57", "80", "120"),
    "percent": ("4", "7", "11", "16", "22", "30", "38"),
    "weeks": ("two weeks", "three weeks", "five weeks", "two months", "a term", "one summer"),
    "hours": ("3 hours", "6 hours", "half a day", "a working day", "two days"),
    "team": ("on my own", "with one friend", "in a group of three", "in a team of five", "with two colleagues"),
    "when": ("last spring", "last autumn", "two years ago", "in my second year", "this January", "before my last job"),
    "person": (
        "a colleague",
        "my supervisor",
        "a friend outside the field",
        "the youngest person on the team",
        "somebody in a reading group",
        "a reviewer",
    ),
    "city": (
        "Nairobi",
        "Lyon",
        "Kraków",
        "Osaka",
        "Bogotá",
        "Leeds",
        "Tallinn",
        "Hyderabad",
        "Tunis",
        "Porto",
        "Winnipeg",
        "Busan",
        "Accra",
        "Graz",
    ),
}
_BLANK = re.compile(r"\{(\w+)\}")


class Writer:
    """Writes answers with one random generator."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def answer(self, code: str, *, max_words: int | None = None) -> str:
        """Write an answer to the question ``code`` of at most ``max_words`` words, in whole sentences."""
        return self.text(ANSWERS.get(code, general.ANYTHING), max_words=max_words)

    def text(self, slots: Slots, *, max_words: int | None = None) -> str:
        """Write one text from ``slots``."""
        text = " ".join(self.filled(self.rng.choice(slot)) for slot in slots).strip()
        return shortened(text, max_words) if max_words else text

    def filled(self, fragment: str) -> str:
        """Fill the blanks of a fragment."""
        return _BLANK.sub(self._word, fragment)

    def _word(self, blank: re.Match[str]) -> str:
        name = blank[1]
        # {person_cap} begins a sentence.
        word = self.rng.choice(BLANKS[name.removesuffix("_cap")])
        return word[0].upper() + word[1:] if name.endswith("_cap") else word


def shortened(text: str, max_words: int) -> str:
    """Return as many whole sentences of ``text`` as fit into ``max_words``; at least the first words."""
    kept: list[str] = []
    for sentence in re.split(r"(?<=[.?!])\s+", text):
        if sum(len(one.split()) for one in [*kept, sentence]) > max_words:
            break
        kept.append(sentence)
    return " ".join(kept) or " ".join(text.split()[:max_words])
