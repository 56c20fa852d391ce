"""Staff look at rubrics, draft the next version, and publish it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.policies import policy
from core.refusals import Refused, Stale
from reviews.domain import rubrics as domain
from reviews.forms.rubrics import CriteriaFormSet, RubricForm, criteria_forms
from reviews.models import Rubric
from reviews.queries.rubric_checks import surroundings_of
from reviews.queries.rubric_effects import effects_of
from reviews.queries.rubric_pages import rubric_head, rubric_lists, rubric_page, rubrics_visible_to
from reviews.queries.rubric_texts import RubricText, differences, text_of
from reviews.states import RubricState


@policy("reviews.manage_rubrics")
@require_safe
def rubric_list(request: HttpRequest) -> HttpResponse:
    """List the versions of all rubrics with how much was read by each."""
    return render(request, "reviews/rubrics.html", {"cycles": rubric_lists(request.user)})


@policy("reviews.manage_rubrics", rubric=rubrics_visible_to)
@require_safe
def rubric_version(request: HttpRequest, rubric: Rubric) -> HttpResponse:
    """Show one version with its checks; of a draft, what it changes."""
    return render(request, "reviews/rubric.html", {"page": rubric_page(rubric)})


@policy("reviews.manage_rubrics", rubric=rubrics_visible_to)
@require_POST
def rubric_draft(request: HttpRequest, rubric: Rubric) -> HttpResponse:
    """Begin a draft from this version, or go to the one that exists."""
    draft = domain.start_rubric_draft(rubric=rubric, by=request.user)
    return redirect("reviews:rubric_edit", draft.public_id)


@policy("reviews.manage_rubrics", rubric=rubrics_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def rubric_edit(request: HttpRequest, rubric: Rubric) -> HttpResponse:
    """Change a draft. What cannot be saved, or was saved by somebody else meanwhile, stays on the page."""
    if rubric.state != RubricState.DRAFT:
        if request.method == "POST":
            raise Refused("This version was published and never changes. Make a draft to change something.")
        return redirect("reviews:rubric", rubric.public_id)
    text, around = text_of(rubric), surroundings_of(rubric)
    if request.method != "POST":
        low, high = text.scale
        initial = {"title": text.title, "note": text.note, "scale_min": low, "scale_max": high, "edits": rubric.edits}
        return _edit_page(request, rubric, RubricForm(initial=initial), criteria_forms(text, around))
    form = RubricForm(request.POST)
    is_sound = form.is_valid()
    scale = (form.cleaned_data["scale_min"], form.cleaned_data["scale_max"]) if is_sound else None
    criteria = criteria_forms(text, around, request.POST, scale)
    if not (criteria.is_valid() and is_sound):
        return _edit_page(request, rubric, form, criteria, status=422)
    typed = RubricText(
        title=form.cleaned_data["title"],
        version=rubric.version,
        criteria=criteria.criteria(),
        note=form.cleaned_data["note"].replace("\r\n", "\n"),
        scale=scale or text.scale,
    )
    try:
        domain.change_rubric_draft(rubric=rubric, text=typed, edits=form.cleaned_data["edits"], by=request.user)
    except Stale as stale:
        form.add_error(None, str(stale))
        stored = stale.current
        context = {"stored": stored, "theirs": differences(typed, text_of(stored))}
        return _edit_page(request, rubric, form, criteria, status=409, **context)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _edit_page(request, rubric, form, criteria, status=409)
    messages.success(request, "The draft is saved. Nobody reads by it before it is published.")
    return redirect("reviews:rubric_edit" if "more" in request.POST else "reviews:rubric", rubric.public_id)


def _edit_page(
    request: HttpRequest,
    rubric: Rubric,
    form: RubricForm,
    criteria: CriteriaFormSet,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    errors = _problems(form, criteria) if status != 200 else []
    stored = context.get("stored")
    context |= {
        "page": rubric_head(rubric),
        "form": form,
        "criteria": criteria,
        # After a conflict the next save is a choice: it goes over the version that stands beside.
        "edits": stored.edits if stored else form["edits"].value(),
        "errors": errors,
        "errors_on_page": bool(errors),
    }
    return render(request, "reviews/rubric_edit.html", context, status=status)


def _problems(form: RubricForm, criteria: CriteriaFormSet) -> list[dict[str, str]]:
    """Return all errors as the summary shows them, each with the place to go to and the criterion it is about."""
    found = [
        {"target": "" if name == "__all__" else f"id_{name}", "text": str(text)}
        for name, texts in form.errors.items()
        for text in texts
    ]
    found += [{"target": "criteria", "text": str(text)} for text in criteria.non_form_errors()]
    # A set whose management data are missing has forms and no errors of theirs.
    for number, one in enumerate(criteria.forms if criteria.errors else [], 1):
        if one in criteria.deleted_forms:
            continue
        found += [
            {"target": one[name].auto_id, "text": f"Criterion {number}: {text}"}
            for name, texts in one.errors.items()
            for text in texts
        ]
    return found


@policy("reviews.manage_rubrics", rubric=rubrics_visible_to)
@require_http_methods(["GET", "HEAD", "POST"])
def rubric_publish(request: HttpRequest, rubric: Rubric) -> HttpResponse:
    """Say what publishing changes, and for how many readings; do it on POST."""
    if request.method == "POST":
        done = domain.publish_rubric(
            rubric=rubric,
            edits=_number(request.POST.get("edits", "")),
            take_practice=request.POST.get("practice") == "yes",
            by=request.user,
        )
        n = done.moved
        readings = "1 reading that was not begun takes" if n == 1 else f"{n} readings that were not begun take"
        messages.success(request, f"Version {rubric.version} is in force. {readings if n else 'No reading takes'} it.")
        return redirect("reviews:rubric", rubric.public_id)
    page = rubric_page(rubric)
    context = {"page": page, "edits": rubric.edits, "effects": effects_of(rubric, page.text)}
    return render(request, "reviews/rubric_publish.html", context)


def _number(typed: str) -> int:
    """Read the number of edits that the page was made from; what is none is older than all."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 8 else -1


@policy("reviews.manage_rubrics", rubric=rubrics_visible_to)
@require_POST
def rubric_discard(request: HttpRequest, rubric: Rubric) -> HttpResponse:
    """Throw a draft away."""
    domain.discard_rubric_draft(rubric=rubric, by=request.user)
    messages.success(request, f"The draft of version {rubric.version} is thrown away.")
    return redirect("reviews:rubrics")
