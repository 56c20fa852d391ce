"""Navigation of the hat that an address belongs to: the address is the hat, never a stored role."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts.queries import roles_of
from accounts.states import Role
from mats_portal.desk.cycle_bar import cycle_bar
from streams.queries import current_cycle

#: A link: its words and the name of its route. A route that this installation lacks is left out.
Link = tuple[str, str]


@dataclass(frozen=True)
class Hat:
    """One area of the portal: who may wear it, where it begins, which links its top bar has."""

    label: str
    prefixes: tuple[str, ...]
    home: str
    roles: frozenset[str]
    links: tuple[Link, ...]


VISITOR_LINKS: tuple[Link, ...] = (
    ("Streams", "streams:catalogue"),
    ("Tracks", "streams:tracks"),
    ("How it works", "desk:process"),
    ("Dates", "streams:dates"),
)
HATS = (
    Hat(
        "Applicant",
        ("/my/",),
        "desk:dashboard",
        frozenset(),
        (
            ("Dashboard", "desk:dashboard"),
            ("Application", "applications:tasklist"),
            ("Streams", "applications:stage2"),
            ("Order", "matching:preferences"),
            ("Messages", "applications:messages"),
        ),
    ),
    Hat(
        "Reviewer",
        ("/review/",),
        "reviews:queue",
        frozenset({Role.REVIEWER}),
        (
            ("Queue", "reviews:queue"),
            ("Done", "reviews:done"),
            ("Conflicts", "reviews:conflicts"),
            ("Guide", "reviews:guide"),
        ),
    ),
    Hat("Mentor", ("/mentor/",), "desk:mentor", frozenset({Role.MENTOR}), (("Today", "desk:mentor"),)),
    Hat(
        "Track lead",
        ("/lead/",),
        "reviews:lead_home",
        frozenset({Role.TRACK_LEAD}),
        (("Progress", "reviews:lead_home"),),
    ),
    # Before Staff, whose pages it lies among: an admin wears this hat there.
    Hat(
        "Admin",
        ("/console/setup/",),
        "desk:roles",
        frozenset({Role.ADMIN}),
        (
            ("Roles", "desk:roles"),
            ("Cycles", "desk:cycles"),
            ("Forms", "desk:forms"),
            ("Rubrics", "reviews:rubrics"),
            ("Help entries", "streams:help_list"),
        ),
    ),
    Hat(
        "Staff",
        # Staff read the leads' pages too.
        ("/console/", "/lead/"),
        "desk:board",
        frozenset({Role.STAFF, Role.ADMIN}),
        (
            ("Board", "desk:board"),
            ("People", "desk:people"),
            ("Evaluations", "desk:evaluations"),
            ("Decisions", "reviews:batches"),
            ("Match", "matching:runs"),
            ("Offers", "matching:offers"),
            ("Reading", "reviews:assignments"),
            ("Conflicts", "reviews:staff_conflicts"),
            ("Statistics", "desk:statistics"),
            ("Exports", "desk:exports"),
            ("Cycles", "desk:cycles"),
            ("Forms", "desk:forms"),
            ("Rubrics", "reviews:rubrics"),
            ("Outbox", "core:outbox"),
            ("Jobs", "core:jobs"),
            ("Corrections", "desk:corrections"),
            ("Retention", "desk:retention"),
            ("Audit", "core:audit"),
        ),
    ),
    Hat(
        "Observer",
        (),
        "matching:runs",
        frozenset({Role.OBSERVER}),
        (
            ("Match results", "matching:runs"),
            ("Statistics", "desk:statistics"),
            ("Audit", "core:audit"),
        ),
    ),
)
#: The hats whose pages are about one cycle of several.
OF_CYCLES = frozenset({"Staff", "Admin", "Observer", "Track lead"})
FOOTER: tuple[Link, ...] = (
    ("Help", "streams:help"),
    ("Privacy", "streams:privacy"),
    ("Accessibility", "streams:accessibility"),
    ("How matching works", "matching:explain"),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return hats, links and footer for the page in hand."""
    user = getattr(request, "user", None)
    held = roles_of(user) if user is not None else frozenset()
    worn = _worn(request.path, held)
    signed_in = user is not None and user.is_authenticated
    bar, query = cycle_bar(request, worn.home) if worn and worn.label in OF_CYCLES else (None, "")
    cycle = current_cycle()
    public = cycle.name if cycle else ""
    return {
        "hats": [
            {"label": hat.label, "url": url, "count": 0, "current": hat is worn}
            for hat in HATS
            if signed_in and (not hat.roles or hat.roles & held) and (url := _url(hat.home))
        ],
        "nav": _links(worn.links if worn else VISITOR_LINKS, request.path, query),
        "footer": _links(FOOTER, request.path),
        "cycle_name": bar.name if bar else public,
        "cycle_bar": bar,
        "cycle_query": query,
    }


def _worn(path: str, held: frozenset[str]) -> Hat | None:
    for hat in HATS:
        if any(path.startswith(prefix) for prefix in hat.prefixes) and (not hat.roles or hat.roles & held):
            return hat
    observer = HATS[-1]
    return observer if path.startswith("/console/") and observer.roles & held else None


def _links(links: tuple[Link, ...], path: str, query: str = "") -> list[dict[str, Any]]:
    found = [(label, url) for label, name in links if (url := _url(name))]
    # The longest address that the page's own begins with: /my/ is not current on /my/streams/.
    here = max((url for _, url in found if path.startswith(url)), key=len, default=None)
    end = f"?{query}" if query else ""
    return [{"label": label, "url": f"{url}{end}", "current": url == here} for label, url in found]


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
