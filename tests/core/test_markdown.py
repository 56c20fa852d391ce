"""Markdown of mentors: formatting survives, everything that could act does not."""

import re

import pytest

from core.markdown import render

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](javascript:alert(1))",
    "![pixel](https://tracker.example/p.gif)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](https://ok.example/ \"onmouseover=alert(1)\")",
    '[x](https://ok.example/"onmouseover="alert(1))',
    "<a href=\"https://ok.example/\" onclick=alert(1)>x</a>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>*{display:none}</style>",
    "<p style='position:fixed;inset:0'>x</p>",
    "<form action=https://evil.example><input name=password></form>",
    "`</code><script>alert(1)</script>`",
    "<!--><script>alert(1)</script>-->",
    "<math><mtext></p><mglyph><style><!--</style><img title=\"--><img src=1 onerror=alert(1)>\">",
    "[a]: javascript:alert(1)\n\n[x][a]",
    "<https://ok.example/\"><script>alert(1)</script>>",
]  # fmt: skip
TAG = re.compile(r"<(/?)([a-z0-9]+)([^>]*)>")
ALLOWED = {"a", "p", "code", "em", "strong", "ul", "ol", "li", "pre", "br"}


def faults(html: str) -> list[str]:
    """Return what in ``html`` could act or fetch."""
    found = []
    for _, tag, attributes in TAG.findall(html):
        names = set(re.findall(r'([a-z-]+)="', attributes))
        if tag not in ALLOWED or (tag != "a" and attributes.strip()):
            found.append(f"{tag} {attributes}".strip())
        elif tag == "a" and not names <= {"href", "title", "rel"}:
            found.append(f"a with {sorted(names)}")
        found += [
            href
            for href in re.findall(r'href="([^"]*)"', attributes)
            if not href.startswith(("https://", "http://", "mailto:"))
        ]
    return found


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.threat("T12")
@pytest.mark.requirement(107)
def test_attack_leaves_nothing_that_could_act(text):
    assert faults(str(render(text))) == []


@pytest.mark.parametrize(
    "html",
    ["<script>alert(1)</script>", '<a href="javascript:alert(1)">x</a>',
     '<a href="https://ok.example/" onclick="x">y</a>',
     '<p style="position:fixed">x</p>', '<img src="https://tracker.example/p.gif">'],
)  # fmt: skip
def test_control_the_alarm_rings_for_what_was_not_cleaned(html):
    assert faults(html) != []


def test_control_formatting_survives():
    html = render("## Title\n\nA *word*, **bold**, [link](https://ok.example/).\n\n- one\n- two\n\n|a|b|\n|-|-|\n|1|2|")

    assert "<h4>Title</h4>" in html
    assert "<em>word</em>" in html
    assert '<a href="https://ok.example/" rel="nofollow noopener noreferrer">link</a>' in html
    assert "<li>one</li>" in html
    assert "<td>1</td>" in html


def test_empty_text_is_empty():
    assert render(" \n") == ""
