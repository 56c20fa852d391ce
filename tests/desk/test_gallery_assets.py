"""The style sheet and the scripts keep their weight and their rules."""

import gzip
import re

import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "static"
CSS = (STATIC / "css" / "portal.css").read_text()
RAW_COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}\b|\brgba?\(|\bhsla?\(")


def test_own_style_and_scripts_stay_within_their_budget():
    weight = {
        name: len(gzip.compress((STATIC / name).read_bytes(), 9))
        for name in ("css/portal.css", "js/app.js", "js/work.js")
    }

    assert weight["css/portal.css"] <= 14_000
    assert weight["js/app.js"] + weight["js/work.js"] <= 9_000


def test_colours_stand_in_the_token_blocks_alone():
    tokens, rest = CSS.split("/* Base */")
    screen = "\n".join(
        line for line in rest.splitlines() if not line.lstrip().startswith(":root,[data-bs-theme]{color-scheme")
    )

    assert RAW_COLOUR.search(tokens)
    assert RAW_COLOUR.findall(screen) == []


def test_the_dark_theme_by_preference_equals_the_chosen_one():
    chosen, preferred = (
        block.partition("{")[2] for block in re.findall(r"\[data-bs-theme=(?:dark|auto)\]\{[^}]+", CSS)
    )

    assert chosen == preferred


def test_style_needs_no_force_and_no_ids():
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", CSS.split("/* Base */")[1], flags=re.S))

    assert "!important" not in CSS
    assert [one for one in selectors if "#" in one] == []


@pytest.mark.parametrize(
    "rule",
    [
        r"\sstyle=",
        r"\son[a-z]+=\"",
        r"\bhx-on",
        r"<script(?![^>]*\bsrc=)",
        r"\|\s*safe\b",
        r"https?://(?!www\.w3\.org)",
    ],
)
def test_templates_of_the_frame_hold_nothing_that_the_content_policy_forbids(rule):
    folders = [settings.BASE_DIR / "templates" / name for name in ("components", "errors")]
    files = [
        settings.BASE_DIR / "templates" / "base.html",
        *(file for folder in folders for file in folder.glob("*.html")),
    ]

    assert len(files) > 40
    assert [file.name for file in files if re.search(rule, file.read_text())] == []
