"""What an invented applicant answers to a question, whatever its kind."""

import random
from typing import Any

from mats_portal.demo.cohort import Plan
from mats_portal.demo.texts import general
from mats_portal.demo.texts.writer import Writer
from questions.models import FormItem, Question
from questions.states import TICKED, QuestionKind

#: Optional questions are left empty by this share.
LEFT_OUT = 0.35
#: The fields that people of a track come from.
FIELDS = {
    "empirical": ("machine_learning", "computer_science"),
    "theory": ("mathematics", "cognitive_science"),
    "strategy-forecasting": ("economics", "policy"),
    "policy-governance": ("policy", "economics"),
    "systems-security": ("security", "computer_science"),
    "biosecurity": ("biology", "public_health"),
    "founding-field-building": ("operations", "other"),
}
#: Answers to choices where not every choice is as likely.
LIKELY: dict[str, tuple[str, ...]] = {
    "availability_hours": ("yes", "yes", "yes", "yes", "yes", "partly", "unsure"),
    "visa_support": ("no", "no", "yes", "unsure"),
    "career_stage": ("undergraduate", "postgraduate", "postgraduate", "early", "early", "experienced", "other"),
}
SHORT = {
    "pronouns": general.PRONOUNS,
    "current_institution": general.INSTITUTIONS,
    "degree": general.DEGREES,
    "background_other": ("Journalism", "Nursing", "Teaching", "Aviation", "Translation", "Agriculture"),
}


class Answers:
    """Answers questions with one random generator."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.writer = Writer(rng)

    def value(self, item: FormItem, plan: Plan) -> Any:
        """Return an answer as it is stored, or ``None`` where an optional question is left out."""
        question = item.question
        if not item.required and self.rng.random() < LEFT_OUT:
            return None
        if question.kind == QuestionKind.LONG_TEXT:
            if question.code == "availability_note":
                return self.rng.choice(general.AVAILABILITY_NOTES)
            return self.writer.answer(question.code, max_words=item.max_words)
        return _OF_KIND[QuestionKind(question.kind)](self, question, plan)

    def _short(self, question: Question, plan: Plan) -> str:
        return self.rng.choice(SHORT.get(question.code, ("See above",)))

    def _choice(self, question: Question, plan: Plan) -> str:
        values = [choice["value"] for choice in question.choices]
        likely = [value for value in LIKELY.get(question.code, ()) if value in values]
        return self.rng.choice(likely or values)

    def _choices(self, question: Question, plan: Plan) -> list[str]:
        values = [choice["value"] for choice in question.choices]
        if question.code == "background":
            own = [field for track in plan.tracks for field in FIELDS.get(track, ()) if field in values]
            return self.rng.sample(list(dict.fromkeys(own)) or values, 1) + ([] if self.rng.random() < 0.5 else own[:1])
        fewest, most = max(1, question.at_least), min(question.at_most or max(3, question.at_least), len(values))
        return self.rng.sample(values, self.rng.randint(fewest, most))

    def _yes(self, question: Question, plan: Plan) -> bool:
        return question.kind in TICKED or question.code == "of_age" or self.rng.random() < 0.7

    def _number(self, question: Question, plan: Plan) -> int:
        return self.rng.randint(1, 10)

    def _date(self, question: Question, plan: Plan) -> str:
        return f"2026-{self.rng.randint(1, 12):02}-{self.rng.randint(1, 28):02}"

    def _links(self, question: Question, plan: Plan) -> list[dict[str, str]]:
        place = plan.email.partition("@")[0].replace(".", "-")
        chosen = self.rng.sample(general.LINKS, self.rng.randint(1, 3))
        return [{"url": f"https://{place}.example/{path}", "why": why} for path, why in chosen]

    def _skill(self, question: Question, plan: Plan) -> dict[str, str]:
        levels = [choice["value"] for choice in question.choices]
        place = plan.email.partition("@")[0].replace(".", "-")
        path, why = self.rng.choice(general.LINKS)
        level = self.rng.choice(levels[1:])
        return {"level": level, "evidence": why, "url": f"https://{place}.example/{path}"}

    def _availability(self, question: Question, plan: Plan) -> dict[str, Any]:
        note = self.rng.choice(("", "", "One week away in October.", "I teach on Tuesday afternoons."))
        hours = self.rng.choice((40, 40, 40, 40, 35, 30))
        return {"from": "2026-09-28", "until": "2026-12-04", "hours": hours, "note": note}


_OF_KIND = {
    QuestionKind.SHORT_TEXT: Answers._short,
    QuestionKind.CHOICE: Answers._choice,
    QuestionKind.ONE_OR_MORE: Answers._choices,
    QuestionKind.MULTI_CHOICE: Answers._choices,
    QuestionKind.YES_NO: Answers._yes,
    QuestionKind.CONSENT: Answers._yes,
    QuestionKind.ACKNOWLEDGEMENT: Answers._yes,
    QuestionKind.NUMBER: Answers._number,
    QuestionKind.DATE: Answers._date,
    QuestionKind.LINKS: Answers._links,
    QuestionKind.SKILL: Answers._skill,
    QuestionKind.AVAILABILITY: Answers._availability,
}
