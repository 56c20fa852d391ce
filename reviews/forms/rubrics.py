"""What staff type into a draft of a rubric."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.text import slugify

from reviews.queries.rubric_checks import Surroundings
from reviews.queries.rubric_texts import CriterionText, RubricText
from reviews.states import GroupRule

#: 0 is “cannot tell” everywhere, and a level is one key.
LOWEST, HIGHEST = 1, 9
MOST_CRITERIA = 30


class RubricForm(forms.Form):
    """The words of the whole rubric and its scale."""

    title = forms.CharField(label="Title", max_length=200, error_messages={"required": "Give the rubric a title"})
    note = forms.CharField(
        label="Note for readers",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands above the criteria in the guide for reviewers.",
    )
    scale_min = forms.IntegerField(
        label="Lowest level",
        min_value=LOWEST,
        max_value=HIGHEST - 1,
        error_messages={
            "required": "Say where the scale begins",
            "min_value": f"The lowest level is from {LOWEST} to {HIGHEST - 1}",
            "max_value": f"The lowest level is from {LOWEST} to {HIGHEST - 1}",
        },
    )
    scale_max = forms.IntegerField(
        label="Highest level",
        min_value=LOWEST + 1,
        max_value=HIGHEST,
        error_messages={
            "required": "Say where the scale ends",
            "min_value": f"The highest level is from {LOWEST + 1} to {HIGHEST}",
            "max_value": f"The highest level is from {LOWEST + 1} to {HIGHEST}",
        },
    )
    edits = forms.IntegerField(min_value=0, max_value=10**6, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Refuse a scale that does not rise."""
        cleaned = super().clean() or {}
        low, high = cleaned.get("scale_min"), cleaned.get("scale_max")
        if low is not None and high is not None and low >= high:
            self.add_error("scale_max", f"The highest level must be above the lowest, which is {low}")
        return cleaned


class CriterionForm(forms.Form):
    """One criterion of a draft. ``levels`` are those to be described."""

    code = forms.SlugField(max_length=60, required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="Name", max_length=120, error_messages={"required": "Give the criterion a name"})
    order = forms.IntegerField(label="Position", min_value=1, max_value=999, required=False)
    weight = forms.DecimalField(
        label="Weight in percent",
        min_value=Decimal("0.01"),
        max_value=100,
        max_digits=5,
        decimal_places=2,
        error_messages={"required": "Give the criterion a weight"},
    )
    help = forms.CharField(
        label="Explanation",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "is-short"}),
    )
    group = forms.CharField(label="Group", max_length=60, required=False)
    group_rule = forms.ChoiceField(label="How the group counts", choices=GroupRule.choices, initial=GroupRule.SUM)
    area = forms.ChoiceField(label="Scored of", required=False)
    questions = forms.MultipleChoiceField(
        label="Evidence", required=False, widget=forms.CheckboxSelectMultiple, help_text="The answers to score it by."
    )

    def __init__(self, *args: Any, levels: Sequence[int], around: Surroundings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.levels, self.has_areas = levels, bool(around.areas or self.initial.get("area"))
        for level in levels:
            self.fields[f"level-{level}"] = forms.CharField(
                label=f"Level {level} means",
                max_length=600,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2, "class": "is-short"}),
            )
        questions = cast("forms.MultipleChoiceField", self.fields["questions"])
        area = cast("forms.ChoiceField", self.fields["area"])
        questions.choices = _questions(around, self.initial.get("questions", []))
        known = dict(around.areas)
        if (own := self.initial.get("area", "")) and own not in known:
            known[own] = f"{own} (no such area)"
        area.choices = [("", "Everybody"), *known.items()]

    def anchors(self) -> dict[str, str]:
        """Return what was typed for each level."""
        typed = {str(level): self.cleaned_data[f"level-{level}"].replace("\r\n", "\n") for level in self.levels}
        return {level: words for level, words in typed.items() if words}

    def boxes(self) -> dict[str, Any]:
        """Return the bound fields as the page groups them."""
        first = ("name", "weight", "order")
        return {
            "hidden": self["code"],
            "first": [self[name] for name in first],
            # Where no stream has areas there is nothing to choose from.
            "group": [self[name] for name in ("group", "group_rule", "area") if name != "area" or self.has_areas],
            "levels": [self[f"level-{level}"] for level in self.levels],
            "help": self["help"],
            "questions": self["questions"],
            "n_questions": len(self["questions"].value() or []),
        }


class CriteriaFormSet(forms.BaseFormSet):
    """The criteria of a draft, one empty form at the end for another."""

    default_error_messages = {
        "missing_management_form": "Management data are missing from what was sent. Load the page anew and try again."
    }

    def clean(self) -> None:
        """Refuse a rubric without any criterion."""
        if self.management_form.is_valid() and not any(self.errors) and not self._kept():
            raise forms.ValidationError("A rubric has at least one criterion. Leave one in, or throw the draft away.")

    def _kept(self) -> list[CriterionForm]:
        return [
            cast("CriterionForm", form)
            for form in self.forms
            if form.cleaned_data and form.cleaned_data.get("name") and not form.cleaned_data.get("DELETE")
        ]

    def criteria(self) -> list[CriterionText]:
        """Return the criteria that stay, in the order of their positions; a new one gets a code from its name."""
        kept = self._kept()
        taken = {form.cleaned_data["code"] for form in kept}
        rows = []
        for place, form in enumerate(kept):
            typed = form.cleaned_data
            code = typed["code"] or _fresh_code(typed["name"], taken)
            taken.add(code)
            stream, _, area = typed["area"].rpartition("/")
            # In the order in which they stood: a box says nothing about it.
            before = [one for one in form.initial.get("questions", []) if one in typed["questions"]]
            text = CriterionText(
                code=code,
                name=typed["name"],
                weight=typed["weight"],
                anchors=form.anchors(),
                question_codes=[*before, *(one for one in typed["questions"] if one not in before)],
                help=typed["help"].replace("\r\n", "\n"),
                group=typed["group"],
                group_rule=typed["group_rule"],
                stream_slug=stream,
                area_code=area,
            )
            # Without a position it goes to the end. What moved up comes before the one whose place it takes, what
            # moved down comes after it.
            to, was = typed["order"] or 1000, form.initial.get("order", 1000)
            rows.append((to, (to > was) - (to < was), place, text))
        return [text for *_, text in sorted(rows, key=lambda row: row[:3])]


def criteria_forms(
    text: RubricText, around: Surroundings, posted: Any = None, scale: tuple[int, int] | None = None
) -> CriteriaFormSet:
    """Return the forms of a draft's criteria; ``scale`` is the posted one, whose levels are to be described."""
    low, high = scale or text.scale
    described = {int(level) for criterion in text.criteria for level in criterion.anchors}
    # What was written for a level that is no longer on the scale stays on the page until somebody empties it.
    levels = sorted({*range(low, high + 1), *described})
    made = forms.formset_factory(
        CriterionForm,
        formset=CriteriaFormSet,
        extra=1,
        can_delete=True,
        max_num=MOST_CRITERIA,
        absolute_max=MOST_CRITERIA,
        validate_max=True,
    )
    return cast(
        "CriteriaFormSet",
        made(
            posted,
            prefix="c",
            initial=[_initial(order, criterion) for order, criterion in enumerate(text.criteria, 1)],
            form_kwargs={"levels": levels, "around": around},
        ),
    )


def _initial(order: int, criterion: CriterionText) -> dict[str, Any]:
    return {
        "code": criterion.code,
        "name": criterion.name,
        "order": order,
        "weight": criterion.weight.normalize() if criterion.weight else None,
        "help": criterion.help,
        "group": criterion.group,
        "group_rule": criterion.group_rule,
        "area": criterion.area,
        "questions": criterion.question_codes,
        **{f"level-{level}": words for level, words in criterion.anchors.items()},
    }


def _questions(around: Surroundings, own: Iterable[str]) -> list[tuple[str, str]]:
    """Return what can be evidence: answers that readers get, and what is named already, with what is wrong."""
    choices = [(code, asked.text) for code, asked in around.asked.items() if asked.is_readable]
    for code in own:
        if code not in dict(choices):
            is_asked = code in around.asked
            choices.append((code, f"{code} ({'readers do not get it' if is_asked else 'not asked'})"))
    return choices


def _fresh_code(name: str, taken: set[str]) -> str:
    base = slugify(name)[:50] or "criterion"
    numbered = (f"{base}-{number}" for number in range(2, MOST_CRITERIA + 2))
    return next(code for code in (base, *numbered) if code not in taken)
