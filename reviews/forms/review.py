"""What a reviewer types."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms

from reviews.engine.wording import faults, question_faults
from reviews.models import Criterion, ReviewAssignment
from reviews.queries.evidence import ReadSection
from reviews.queries.follow_ups import MAX_CHARACTERS
from reviews.queries.rubrics import criteria_for, missing_scores
from reviews.states import Confidence, ConflictKind

#: What "cannot tell" posts: below every scale.
CANNOT_TELL = "0"


class ScoresForm(forms.Form):
    """The scales of a rubric. ``complete``: every criterion has to be scored."""

    def __init__(self, *args: Any, criteria: Sequence[Criterion], complete: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.complete = complete
        self.criteria = criteria
        for criterion in self.criteria:
            levels = [str(level) for level in range(criterion.scale_min, criterion.scale_max + 1)]
            self.fields[f"score-{criterion.code}"] = forms.ChoiceField(
                choices=[(level, level) for level in [*levels, CANNOT_TELL]],
                required=False,
                error_messages={"invalid_choice": f"Choose one of the levels of “{criterion.name}”"},
            )

    def clean(self) -> dict[str, Any]:
        """Demand every score of what is to be handed in, each with the sentence that helps."""
        cleaned = super().clean() or {}
        if self.complete:
            # What was posted with a mistake has its own sentence already.
            scored = {
                c.code for c in self.criteria if cleaned.get(f"score-{c.code}") or f"score-{c.code}" in self.errors
            }
            for code, words in missing_scores(self.criteria, scored).items():
                self.add_error(f"score-{code}", f"Score {words} or choose “cannot tell”")
        return cleaned

    @property
    def scores(self) -> dict[str, int | None]:
        """The scores by criterion code; what was left open is absent."""
        return {
            criterion.code: None if value == CANNOT_TELL else int(value)
            for criterion in self.criteria
            if (value := self.cleaned_data.get(f"score-{criterion.code}"))
        }

    def posted_scores(self) -> dict[str, str]:
        """Return what was posted, for showing the page again."""
        return {c.code: self.data.get(f"score-{c.code}", "") for c in self.criteria}

    def score_errors(self) -> dict[str, str]:
        """Return the first error of each criterion, by its code."""
        return {
            c.code: str(self.errors[f"score-{c.code}"][0]) for c in self.criteria if f"score-{c.code}" in self.errors
        }

    def problems(self) -> list[dict[str, str]]:
        """Return all errors as the summary shows them, each with the place to go to."""
        places = {f"score-{c.code}": f"criterion-{c.code}" for c in self.criteria}
        return [
            {"target": places.get(name, f"id_{name}"), "text": str(text)}
            for name, texts in self.errors.items()
            for text in texts
        ]


class ReviewForm(ScoresForm):
    """A rubric with its words. A draft may leave anything open; to hand it in, everything must be there."""

    confidence = forms.ChoiceField(
        label="How sure are you?",
        choices=Confidence.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how sure you are"},
    )
    feedback_public = forms.CharField(
        label="One sentence the applicant may read",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What they did well, or what was missing. No score, no comparison.",
        error_messages={"required": "Write one sentence that the applicant may read"},
    )
    note_internal = forms.CharField(
        label="Notes for the track leads",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The applicant does not read this.",
    )
    follow_up_1 = forms.CharField(
        label="A question you would ask about this work",
        max_length=MAX_CHARACTERS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=(
            "For an interview or a short live check. It is no score. Track leads and staff read it, and mentors once "
            "the applicant is with them; the applicant does not. Nobody is told that it is yours."
        ),
    )
    follow_up_2 = forms.CharField(
        label="A second question",
        max_length=MAX_CHARACTERS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(min_value=0, max_value=10**6, widget=forms.HiddenInput)
    rubric = forms.CharField(max_length=22, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        assignment: ReviewAssignment,
        complete: bool = True,
        own_name: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, criteria=criteria_for(assignment), complete=complete, **kwargs)
        self.own_name = own_name
        for name in ("confidence", "feedback_public"):
            self.fields[name].required = complete
        if not assignment.evaluation_id:
            del self.fields["follow_up_1"], self.fields["follow_up_2"]

    @property
    def is_of_another_version(self) -> bool:
        """Whether the levels that stood beside the text were those of another version than the one in force for it."""
        return bool(self.is_bound and self.data.get("rubric", "") not in {"", self.criteria[0].rubric.public_id})

    def clean_feedback_public(self) -> str:
        """Ask for another sentence where this one tells nothing or too much; a draft may say anything."""
        sentence = str(self.cleaned_data["feedback_public"])
        if self.complete and (found := faults(sentence, self.own_name)):
            raise forms.ValidationError(found)
        return sentence

    def clean_follow_up_1(self) -> str:
        """Ask for another question where this one tells a score, or whose it is."""
        return self._question("follow_up_1")

    def clean_follow_up_2(self) -> str:
        """Ask for another question where this one tells a score, or whose it is."""
        return self._question("follow_up_2")

    def _question(self, name: str) -> str:
        question = str(self.cleaned_data[name])
        if self.complete and (found := question_faults(question, self.own_name)):
            raise forms.ValidationError(found)
        return question

    @property
    def follow_ups(self) -> tuple[str, ...]:
        """The questions as typed; none for what is no task."""
        return tuple(self.cleaned_data.get(name, "") for name in ("follow_up_1", "follow_up_2"))


class IdentityForm(forms.Form):
    """Which words give a writer away, and whether the reader knows them."""

    answer = forms.ChoiceField(
        label="Which answer?", choices=(), error_messages={"required": "Choose one of the answers on the page"}
    )
    passage = forms.CharField(
        label="The words that reveal it",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Copy them from the page, within one paragraph.",
        error_messages={"required": "Copy the words from the page"},
    )
    note = forms.CharField(
        label="Anything the leads should know", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    knows = forms.ChoiceField(
        label="Do you know this person?",
        choices=[("no", "I do not know them"), ("yes", "I know them, and have a conflict")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether you know them"},
    )

    def __init__(self, *args: Any, sections: Iterable[ReadSection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = [
            item for section in sections for item in section.items if item.paragraphs or item.links or item.correction
        ]
        answer = cast("forms.ChoiceField", self.fields["answer"])
        answer.choices = [("", "Choose"), *((item.code, f"{item.number} {item.question}"[:120]) for item in items)]

    @property
    def knows_them(self) -> bool:
        """Whether a conflict has to be declared next."""
        return bool(self.cleaned_data["knows"] == "yes")


class ConflictForm(forms.Form):
    """Why a reviewer should not judge somebody."""

    kind = forms.ChoiceField(
        label="What is the conflict?",
        choices=ConflictKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the reasons"},
    )
    note = forms.CharField(
        label="Anything staff should know", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
