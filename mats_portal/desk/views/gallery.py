"""Every component on one page, in every state, for the eye and for the accessibility test."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import clock
from core.context import THEMES
from core.policies import policy

TOKENS = (
    "paper",
    "card",
    "sunk",
    "ink",
    "ink-2",
    "line",
    "field",
    "spruce",
    "rust",
    "ochre",
    "moss",
    "plum",
    "slate",
    "mark",
)
TRACKS = [("empirical", "Empirical"), ("theory", "Theory"), ("policy", "Policy & Governance")]


class SampleForm(forms.Form):
    """One field of each kind, sent back with mistakes."""

    email = forms.EmailField(label="Email", help_text="We write to this address only about your application.")
    hours = forms.IntegerField(label="Hours a week", min_value=1, max_value=60)
    start = forms.DateField(label="First possible day", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    place = forms.ChoiceField(label="Place", choices=[("berkeley", "Berkeley"), ("london", "London")])
    track = forms.MultipleChoiceField(
        label="Tracks", choices=TRACKS, widget=forms.CheckboxSelectMultiple, help_text="Choose up to three."
    )
    pace = forms.ChoiceField(
        label="Pace", choices=[("full", "Full time"), ("part", "Part time")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="Anything else", required=False, widget=forms.Textarea)
    agreed = forms.BooleanField(
        label="I have read the agreement, version 2", help_text="You can read it again at any time."
    )


def _chips() -> list[tuple[str, str]]:
    return [
        ("move", "Your move"),
        ("wait", "With the reviewers"),
        ("done", "Received"),
        ("warn", "Closes in 20 h"),
        ("over", "Bounced"),
        ("info", "Agreement"),
        ("none", "Not selected"),
    ]


def _answers() -> list[dict[str, Any]]:
    base = {
        "help": "",
        "read_by": "",
        "error": "",
        "reused": "",
        "required": True,
        "version": 3,
        "values": [],
        "value": "",
    }
    return [
        base
        | {
            "id": "why",
            "name": "answer-why",
            "kind": "long_text",
            "max_words": 250,
            "value": "Since 2024 I have led a reading group.",
            "label": "Why do you want to work on reducing risk from advanced AI?",
            "help": "Say what you think goes wrong and why this work helps. Publishing alone is not a reason.",
            "read_by": "reviewers (without your name), then mentors of streams you choose",
            "reused": "From your application to Summer 2026",
            "conflict": {
                "saved_text": "Since 2024 I have run a reading group.",
                "mine_text": "Since 2024 I have led a reading group.",
                "saved_at": "14:31:52",
                "version": 4,
            },
        },
        base
        | {
            "id": "offered",
            "name": "answer-offered",
            "kind": "long_text",
            "max_words": 100,
            "label": "Which part of your evidence bears on this stream?",
            "offer": {
                "where": "Science of Scheming",
                "text": "I maintained a small harness for agent runs.",
                "key": "1:1",
                "changes": ["The limit is 100 words: yours has 112, so 12 have to go before you submit"],
            },
        },
        base
        | {
            "id": "site",
            "name": "answer-site",
            "kind": "url",
            "label": "A page that shows your work",
            "required": False,
        },
        base
        | {
            "id": "cv",
            "name": "answer-cv",
            "kind": "file",
            "label": "Your CV",
            "value": {"id": "example", "name": "curriculum.pdf", "words": "PDF, 120 kB", "is_own": True},
        },
        base
        | {
            "id": "status",
            "name": "answer-status",
            "kind": "choice",
            "label": "What do you do now?",
            "value": "study",
            "choices": [{"value": "study", "label": "I study"}, {"value": "work", "label": "I work"}],
            "error": "Choose what you do now",
        },
    ]


def _work() -> dict[str, Any]:
    moment = clock.now() + timedelta(days=2, hours=4)
    return {
        "soon": clock.now() + timedelta(hours=9),
        "moment": moment,
        "past": clock.now() - timedelta(days=1),
        "tasks": [
            {
                "label": "AI Welfare, Empirical: questions",
                "url": "#t1",
                "kind": "move",
                "state": "In progress",
                "minutes": 25,
                "moment": moment,
                "zone": "AoE",
            },
            {
                "label": "Coding test",
                "hint": "Serves 3 of your streams",
                "url": "#t2",
                "kind": "none",
                "state": "Not started",
                "minutes": 90,
                "due": "start by Wed 24 June",
            },
            {
                "label": "References: 1 of 2 received",
                "url": "#t3",
                "kind": "wait",
                "state": "Requested",
                "due": "Wed 24 June, 23:59 AoE",
            },
        ],
        "steps": [
            {"title": "Applied", "note": "3 June", "state": "done"},
            {"title": "Stage 2 opened", "note": "12 June", "state": "done"},
            {"title": "Streams and tasks", "note": "until Wed 24 June", "state": "now"},
            {"title": "Reading", "note": "result Tue 7 July, 16:00 UTC", "state": "later"},
            {"title": "Offers", "note": "28–30 July", "state": "later"},
        ],
        "batch_steps": [
            {"title": "Scope", "state": "done"},
            {"title": "Proposal", "state": "done"},
            {"title": "Checks", "state": "now"},
            {"title": "Approve", "state": "later"},
            {"title": "Schedule", "state": "later"},
        ],
        "summary": [
            {"label": "Name", "value": "Noor Halvorsen", "change_url": "#s1"},
            {
                "label": "Tracks",
                "value": "Empirical\nSystems Security",
                "change_url": "#s2",
                "read_by": "everybody who reads the application",
            },
            {"label": "Availability", "value": "", "change_url": "#s3", "missing": True},
        ],
    }


def _judging() -> dict[str, Any]:
    return {
        "criteria": [
            {
                "id": "motivation",
                "number": 1,
                "name": "Motivation for this work",
                "weight": 20,
                "value": "3",
                "cells": [{"level": level, "is_chosen": level == 3} for level in range(1, 6)],
                "anchors": [
                    {"at": 1, "text": "no reason given"},
                    {"at": 3, "text": "names a risk and a path"},
                    {"at": 5, "text": "argues for it against a real objection"},
                ],
                "evidence": [{"label": "answer 1", "url": "#field-why"}],
            },
            {
                "id": "taste",
                "number": 2,
                "name": "Research taste",
                "weight": 30,
                "value": "",
                "cells": [{"level": level, "is_chosen": False} for level in range(1, 6)],
                "error": "Score 'Research taste' or choose 'cannot tell'",
                "anchors": [],
            },
        ],
        "ranked": [
            {"id": "a1", "name": "Science of Scheming", "note": "London · interview"},
            {"id": "a2", "name": "Scientific Capability Risk", "note": "Berkeley"},
            {"id": "a3", "name": "Breaking Deployed AI", "note": ""},
        ],
        "tier_numbers": [1, 2, 3],
        "tiered": [
            {"id": "m1", "name": "T. Abara", "note": "interview 4.5 · task top", "tier": 1},
            {"id": "m2", "name": "M. Sorel", "note": "interview 4.0 · task top", "tier": 1},
            {"id": "m3", "name": "N. Halvorsen", "note": "no interview: reason needed", "tier": 2},
        ],
        "unranked": [{"id": "b1", "name": "AI Welfare, Empirical", "note": "remote"}],
        "keys": [
            {"keys": "1 – 5, 0", "act": "score the focused criterion"},
            {"keys": "j k", "act": "next, previous criterion"},
            {"keys": "Ctrl + Enter", "act": "save and next"},
        ],
    }


def _tables() -> dict[str, Any]:
    return {
        "people": [
            {"name": name, "url": "#r", "track": track, "kind": kind, "state": state, "reads": reads}
            for name, track, kind, state, reads in (
                ("T. Abara", "Empirical", "wait", "In review", "1 of 2"),
                ("M. Sorel", "Theory", "move", "Offer sent", "2 of 2"),
            )
        ],
        "facet": {
            "name": "track",
            "label": "Track",
            "options": [
                {"value": "bio", "label": "Biosecurity", "count": 5, "checked": True},
                {"value": "emp", "label": "Empirical", "count": 8},
            ],
        },
        "chips": [
            {"label": "Biosecurity", "url": "#f1", "remove": True},
            {"label": "changed since draft 2", "url": "#f2", "on": True},
            {"label": "all", "url": "#f3"},
        ],
        "heads": [
            {"label": "Metagenomic Early Warning", "url": "#h1"},
            {"label": "AI-Native Bio Safeguards", "url": "#h2"},
        ],
        "compare": [
            {
                "label": "Meetings",
                "cells": [
                    {"label": "Metagenomic Early Warning", "text": "1 h weekly"},
                    {"label": "AI-Native Bio Safeguards", "text": "30 min twice a week"},
                ],
            },
            {
                "label": "Place",
                "equal": True,
                "cells": [
                    {"label": "Metagenomic Early Warning", "text": "remote or Boston"},
                    {"label": "AI-Native Bio Safeguards", "text": "remote or Boston"},
                ],
            },
        ],
        "job": {
            "public_id": "sample",
            "state": "failed",
            "get_state_display": "Failed",
            "is_over": True,
            "done": 1204,
            "total": 6400,
            "message": "Step 2 of 4: solving.",
            "error": "The lists were changed meanwhile. Nothing was changed.",
            "asked_by": "R. Osei",
            "created_at": clock.now(),
            "attempts": 2,
        },
        "consequences": [
            {"count": 64, "text": "people advance to the mentors", "note": "They see it on their page at 16:00 UTC."},
            {"count": 74, "text": "people are not selected"},
            {
                "count": 143,
                "text": "emails go out at 16:10 UTC",
                "note": "You can stop them until then, and not after.",
            },
        ],
        "checks": [
            {"state": "ok", "text": "reads complete"},
            {"state": "bad", "text": "2 disagreements without a note (blocks)", "url": "#c1"},
            {"state": "warn", "text": "3 people were decided by the lottery alone"},
        ],
        "stats": [
            {"label": "Placed", "value": 38, "note": "of 40 seats"},
            {"label": "First choice", "value": 21},
            {"label": "Ranked by a stream", "value": 96},
        ],
        "profile": [("1st choice", 21), ("2nd choice", 9), ("3rd choice", 5)],
        "facts": [
            {"label": "Seats", "value": "2"},
            {"label": "Meetings", "value": "1 h weekly"},
            {"label": "Replies", "value": "within a day"},
        ],
    }


@policy("core.view_outbox")
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component; ``?theme=`` shows the page in that theme without keeping the choice."""
    theme = request.GET.get("theme", "")
    form = SampleForm({"email": "noor@", "hours": "70", "place": "london"})
    form.is_valid()
    context = {
        "gallery_theme": theme if theme in THEMES else "",
        "themes": THEMES,
        "tokens": TOKENS,
        "chips_all": _chips(),
        "form": form,
        "answers": _answers(),
        **_work(),
        **_judging(),
        **_tables(),
    }
    return render(request, "desk/gallery.html", context)
