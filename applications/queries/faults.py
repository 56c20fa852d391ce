"""What an answer still lacks, and what looks odd about it: the first stands against handing in, the second never."""

import ipaddress
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from applications.queries.values import choices_of, is_empty
from questions.models import Question
from questions.states import TICKED, WITH_CHOICES, QuestionKind

#: Links that a question takes which names no most, and characters that say why one matters.
MOST_LINKS = 5
LONGEST_REASON = 280
#: Characters of the evidence for a skill.
LONGEST_EVIDENCE = 600
MOST_HOURS = 80
LINK_SCHEMES = frozenset({"http", "https"})


def is_answered(question: Question, value: Any) -> bool:
    """Say whether there is an answer; agreeing to nothing is none."""
    return not is_empty(value) and not (question.kind in TICKED and not value)


def missing(question: Question, name: str) -> str:
    """Say that there is no answer, as the thing to do."""
    if question.kind == QuestionKind.CONSENT:
        return f"Agree to “{name}”"
    if question.kind == QuestionKind.ACKNOWLEDGEMENT:
        return f"Tick that you have read “{name}”"
    if question.kind == QuestionKind.ONE_OR_MORE:
        return f"Choose at least {question.at_least} for “{name}”"
    if question.kind in WITH_CHOICES or question.kind == QuestionKind.YES_NO:
        return f"Choose an answer to “{name}”"
    if question.kind == QuestionKind.FILE:
        return f"Choose a file for “{name}”"
    return f"Answer “{name}”"


def fault(question: Question, value: Any, name: str) -> str:
    """Say what is wrong with an answer that was given, as the thing to do; "" if nothing is."""
    if question.kind in WITH_CHOICES:
        return _choices_fault(question, value, name)
    if question.kind == QuestionKind.LINKS:
        return next(_link_faults(question, value, name), "")
    if question.kind == QuestionKind.SKILL:
        return next(_skill_faults(question, value, name), "")
    if question.kind == QuestionKind.AVAILABILITY:
        return next(_availability_faults(value, name), "")
    return ""


def _choices_fault(question: Question, value: Any, name: str) -> str:
    chosen = value if isinstance(value, list) else [value]
    if not set(chosen) <= set(choices_of(question)):
        return f"Choose again for “{name}”: the choices have changed"
    if question.kind != QuestionKind.CHOICE and len(chosen) < question.at_least:
        return f"Choose at least {question.at_least} for “{name}”"
    if question.kind != QuestionKind.CHOICE and question.at_most and len(chosen) > question.at_most:
        return f"Choose at most {question.at_most} for “{name}”"
    return ""


def most_links(question: Question) -> int:
    """Return how many links a question takes."""
    return question.at_most or MOST_LINKS


def _link_faults(question: Question, value: list[dict[str, str]], name: str) -> Iterator[str]:
    most = most_links(question)
    if len(value) > most:
        yield f"Keep at most {most} links for “{name}”: there are {len(value)}"
    if len(value) < question.at_least:
        yield f"Give at least {question.at_least} links for “{name}”"
    for number, link in enumerate(value, 1):
        if not link["url"]:
            yield f"Write the address of link {number} for “{name}”"
        if not link["why"]:
            yield f"Say why link {number} for “{name}” matters"
        if (over := len(link["why"]) - LONGEST_REASON) > 0:
            limit = f"{over} characters over the limit of {LONGEST_REASON}"
            yield f"Shorten why link {number} for “{name}” matters: {limit}"


def _skill_faults(question: Question, value: dict[str, str], name: str) -> Iterator[str]:
    levels = list(choices_of(question))
    if value["level"] not in levels:
        yield f"Choose your level for “{name}”"
    elif value["level"] != levels[0] and not value["evidence"].strip():
        yield f"Say what shows your level for “{name}”"
    if (over := len(value["evidence"]) - LONGEST_EVIDENCE) > 0:
        yield f"Shorten what shows your level for “{name}”: {over} characters over the limit of {LONGEST_EVIDENCE}"


def _availability_faults(value: dict[str, Any], name: str) -> Iterator[str]:
    if not value["from"]:
        yield f"Write your first day for “{name}”"
    if not value["until"]:
        yield f"Write your last day for “{name}”"
    if value["from"] and value["until"] and value["until"] < value["from"]:
        yield f"Put the last day after the first for “{name}”"
    if value["hours"] is None:
        yield f"Write your hours a week for “{name}”"
    elif not 1 <= value["hours"] <= MOST_HOURS:
        yield f"Write between 1 and {MOST_HOURS} hours a week for “{name}”"


def warnings(question: Question, value: Any) -> list[str]:
    """Say what looks odd about an answer. It informs and never stands against handing in."""
    if question.kind == QuestionKind.ONE_OR_MORE and is_empty(value):
        return [f"You chose none. At least {question.at_least} is what is looked for; you may still go on."]
    if is_empty(value):
        return []
    if question.kind == QuestionKind.LINKS:
        return [f"Link {n}: {odd}" for n, link in enumerate(value, 1) if (odd := oddity(link["url"]))]
    if question.kind == QuestionKind.SKILL and (odd := oddity(value["url"])):
        return [f"The link: {odd}"]
    return []


def oddity(url: str) -> str:
    """Say why an address may not open for a reader, or nothing."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "this is no address that can be opened. It stays as you wrote it."
    if parts.scheme not in LINK_SCHEMES or not host:
        return "this does not begin with https://, so readers see it as plain text."
    if parts.username or parts.password:
        return "this holds a user name. Readers should not need one."
    if _is_private(host):
        return "this place can be reached from your own network only."
    if host.endswith("docs.google.com") and "/edit" in parts.path:
        return "check in a private window that it opens without signing in."
    return ""


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))
