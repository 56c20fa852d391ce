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


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.threat("T12")
def test_attack_leaves_only_harmless_tags(text):
    html = str(render(text))

    for _, tag, attributes in TAG.findall(html):
        assert tag in ALLOWED, html
        assert tag == "a" or not attributes.strip(), html
        names = re.findall(r'([a-z-]+)="', attributes)
        assert set(names) <= {"href", "title", "rel"}, html
        for href in re.findall(r'href="([^"]*)"', attributes):
            assert href.startswith(("https://", "http://", "mailto:")), html


def test_control_formatting_survives():
    html = render("## Title\n\nA *word*, **bold**, [link](https://ok.example/).\n\n- one\n- two\n\n|a|b|\n|-|-|\n|1|2|")

    assert "<h4>Title</h4>" in html
    assert "<em>word</em>" in html
    assert '<a href="https://ok.example/" rel="nofollow noopener noreferrer">link</a>' in html
    assert "<li>one</li>" in html
    assert "<td>1</td>" in html


def test_empty_text_is_empty():
    assert render(" \n") == ""
