"""What a sentence to an applicant must not be: praise of nothing in particular, a comparison, a score, a sign of who.

A pattern is on the list only if a sentence that has something to say can do without it. That a sentence passes does
not make it good; that is for people.
"""

import re
from collections.abc import Iterable

PRAISE = "Say what you saw instead of praising: “{}” tells the applicant nothing."
COMPARISON = "Leave other applicants out: “{}” compares."
SCORE = "Leave scores out: “{}” gives one away."
NAMED = "Leave yourself out: “{}” gives away who read it."
_PRAISE = (
    r"\bimpress(?:ed|ive)\b"
    r"|\b(?:strong|excellent|great|outstanding|exceptional|amazing|brilliant|fantastic|wonderful)"
    r" (?:candidate|applicant|application|profile|field|pool|fit|work)s?\b"
    r"|\b(?:delighted|unfortunately|congratulations|good luck|well done)\b"
    r"|\bkeep (?:it )?up\b|\bhigh quality of applications\b"
)
_COMPARISON = (
    r"\b(?:better|worse|stronger|weaker|more|less)\b[^.]{0,40}"
    r"\bthan (?:the )?(?:others\b|(?:other|most|many|some) (?:applicant|candidate|application|people|text)s?\b)"
    r"|\bcompared (?:with|to) (?:the )?others\b|\b(?:an)?other (?:applicant|candidate|reader|reviewer)s?\b"
    r"|\btop \d+\b"
)
_SCORE = r"\b[0-5](?:[.,]\d)? ?(?:/|out of) ?5\b|\b(?:i|we) (?:gave|scored|rated) (?:you|it|this)\b[^.]{0,20}\d"
NAMES_SOMEBODY = "Names a person: the texts are read without names, and so is this."
SHORT = "This is short: would its reader know what to do with it?"
VERDICT = "Sounds like the decision: “{}”."
PROMISE = "Promises something: “{}”."
INSIDE = "Speaks of the readers’ work: “{}”."
OUTSIDE = "Leads out of the portal: “{}”."
SHOUTED = "Written in capitals: “{}”."
#: With fewer words than this a sentence hardly says anything.
FEW_WORDS = 5
_VERDICT = r"\b(?:reject(?:ed|ion)?|not good enough|failed to|hopeless|waste of time)\b"
_PROMISE = (
    r"\b(?:next (?:year|cycle|time) you|you will (?:be|get)|apply again|we (?:will|shall) (?:take|accept|invite))\b"
)
_INSIDE = r"\b(?:scor(?:e[ds]?|ing)|rank(?:ed|ing)?|rubric|borderline|my notes?|(?:second|other) read(?:er|ing))\b"
_OUTSIDE = r"https?://\S+|\bwww\.\S+|\S+@\S+\.\w+"
DOUBTS = tuple(
    (advice, re.compile(pattern, re.IGNORECASE))
    for advice, pattern in ((VERDICT, _VERDICT), (PROMISE, _PROMISE), (INSIDE, _INSIDE), (OUTSIDE, _OUTSIDE))
)
_SHOUTED = re.compile(r"\b[A-Z]{4,}\b(?:\s+\b[A-Z]{2,}\b)+")
PATTERNS = tuple(
    (advice, re.compile(pattern, re.IGNORECASE))
    for advice, pattern in ((PRAISE, _PRAISE), (COMPARISON, _COMPARISON), (SCORE, _SCORE))
)

_SCORES = re.compile(_SCORE, re.IGNORECASE)


def faults(sentence: str, own_name: str = "") -> list[str]:
    """Return what should be said otherwise in ``sentence``, as advice to its writer, who is called ``own_name``."""
    found = [
        advice.format(match.group(0)) for advice, pattern in PATTERNS if (match := pattern.search(sentence)) is not None
    ]
    return [*found, *_names_its_writer(sentence, own_name)]


def question_faults(question: str, own_name: str = "") -> list[str]:
    """Return what has no place in a question that a grader leaves for an interview: a score, and who would ask it."""
    found = [SCORE.format(match.group(0))] if (match := _SCORES.search(question)) is not None else []
    return [*found, *_names_its_writer(question, own_name)]


def _names_its_writer(text: str, own_name: str) -> list[str]:
    # The whole name or the last part of it, as a name is written: first names are words too, such as Will and May.
    for name in (own_name, own_name.rpartition(" ")[2]):
        if len(name) > 3 and re.search(rf"\b{re.escape(name)}\b", text):
            return [NAMED.format(name)]
    return []


def doubts(sentence: str, names: Iterable[str] = ()) -> list[str]:
    """Return why a person should look twice before ``sentence`` is handed over: faults, and what only may be one.

    ``names`` are of people whom the sentence should not name: whoever wrote it, and whoever it is about.
    """
    found = faults(sentence)
    found += [
        advice.format(match.group(0)) for advice, pattern in DOUBTS if (match := pattern.search(sentence)) is not None
    ]
    if (match := _SHOUTED.search(sentence)) is not None:
        found.append(SHOUTED.format(match.group(0)))
    if len(sentence.split()) < FEW_WORDS:
        found.append(SHORT)
    for name in names:
        if any(len(part) > 3 and re.search(rf"\b{re.escape(part)}\b", sentence) for part in (name, *name.split()[-1:])):
            found.append(NAMES_SOMEBODY)
            break
    return found
