"""What a page posts, read as answers. Whether an answer is acceptable is the domain's to say."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from questions.models import Question
from questions.states import TICKED, QuestionKind
from streams.models import Track

#: Answers of several parts: their boxes bear one name and come in this order.
PARTS = {
    QuestionKind.SKILL: ("level", "evidence", "url"),
    QuestionKind.AVAILABILITY: ("from", "until", "hours", "note"),
}


def read_answer(question: Question, typed: Sequence[str]) -> Any:
    """Return the posted values of one field as an answer of the question's kind; nothing chosen is ``None``."""
    if question.kind in {QuestionKind.MULTI_CHOICE, QuestionKind.ONE_OR_MORE}:
        return list(typed)
    first = typed[-1] if typed else ""
    if question.kind in TICKED:
        return first == "yes"
    if question.kind in {QuestionKind.LONG_TEXT, QuestionKind.SHORT_TEXT}:
        return first
    if question.kind == QuestionKind.LINKS:
        return read_links(first) if len(typed) < 2 else read_link_rows(typed)
    if question.kind in PARTS:
        return dict(zip(PARTS[QuestionKind(question.kind)], [*typed, "", "", "", ""], strict=False))
    if question.kind == QuestionKind.FILE or not first.strip():
        return None  # a file comes in no text field
    if question.kind == QuestionKind.YES_NO:
        return {"yes": True, "no": False}.get(first, first)
    if question.kind == QuestionKind.NUMBER:
        return read_number(first)
    return first.strip() if question.kind == QuestionKind.DATE else first


def read_links(text: str) -> list[dict[str, str]]:
    """Read one link a line: the address, then what it shows; a line without an address is kept as a note."""
    links = []
    for line in text.replace("\r", "\n").split("\n"):
        first, _, rest = line.strip().partition(" ")
        if first.startswith(("http://", "https://")):
            links.append({"url": first, "why": rest.strip()})
        elif line.strip():
            links.append({"url": "", "why": line.strip()})
    return links


def read_link_rows(typed: Sequence[str]) -> list[dict[str, str]]:
    """Read pairs of boxes: an address, and why it matters. Words behind an address are taken as the reason."""
    links = []
    for box, reason in zip(typed[::2], [*typed[1::2], ""], strict=False):
        url, _, rest = box.strip().partition(" ")
        why = " ".join(part for part in (rest.strip(), reason.strip()) if part)
        if url or why:
            links.append({"url": url, "why": why})
    return links


def read_number(text: str) -> int | float | str:
    """Read a number; what is none stays text, and the domain says so beside the field."""
    plain = text.strip().replace(",", ".")
    for kind in (int, float):
        try:
            return kind(plain)
        except ValueError:
            continue
    return text


class TracksForm(forms.Form):
    """Which tracks an application covers."""

    tracks = forms.MultipleChoiceField(
        label="Tracks you apply to",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one track"},
        help_text="Choose all that fit. Each is decided on its own, and choosing several is no disadvantage.",
    )

    def __init__(self, *args: Any, tracks: Sequence[Track], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_key = {track.public_id: track for track in tracks}
        field = cast("forms.MultipleChoiceField", self.fields["tracks"])
        field.choices = [(key, f"{track.name}: {track.summary}") for key, track in self.by_key.items()]

    def chosen(self) -> list[Track]:
        """Return the tracks that were ticked."""
        return [self.by_key[key] for key in self.cleaned_data["tracks"]]


class SubmitForm(forms.Form):
    """The last question before handing in."""

    minutes_taken = forms.IntegerField(
        label="How many minutes did it take you?",
        required=False,
        min_value=1,
        max_value=6000,
        help_text="Nobody who reads your application sees this. We use it to keep the form short.",
    )
