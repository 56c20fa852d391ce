"""Weight, requests and queries of every page as its first reader gets it, beside the budget of its group.

Bytes are compressed as the server sends them (gzip, level 6). Requests are the page and what its tags name: styles,
scripts, images, icons and fragments fetched on loading. Nothing is timed here; ``make bench`` does that.
"""

import gzip
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import setup_test_environment

from core import visitors


@dataclass(frozen=True)
class Budget:
    """At most so many kB of HTML, kB in all, requests and queries."""

    group: str
    html: int
    total: int
    requests: int
    queries: int


TEXT = Budget("home, track, dates, text pages", 12, 66, 6, 8)
CATALOGUE = Budget("catalogue", 22, 92, 7, 10)
STREAM = Budget("stream, compare", 18, 90, 7, 10)
OWN = Budget("dashboard, task list, hub, offers", 16, 88, 7, 14)
SECTION = Budget("section page", 18, 92, 8, 10)
REVIEW = Budget("review page", 30, 104, 8, 12)
RANKING = Budget("triage, rank list", 34, 108, 8, 14)
CONSOLE = Budget("console board, tables", 30, 104, 9, 16)
STATISTICS = Budget("statistics", 26, 170, 14, 16)
BATCH = Budget("batch, match result", 44, 120, 10, 18)
#: The first pattern that fits a route's address decides.
GROUPS = [
    (r"streams/$", CATALOGUE),
    (r"streams/", STREAM),
    (r"my/application/<|my/streams/<|my/tasks/", SECTION),
    (r"my/|account/$", OWN),
    (r"review/", REVIEW),
    (r"lead/(proposals|readings)/<", BATCH),
    (r"lead/<str:track>/scores/", STATISTICS),
    (r"lead/", CONSOLE),
    (r"mentor/", RANKING),
    (r"console/(decisions|match)/<", BATCH),
    (r"console/|admin/", CONSOLE),
    (r"", TEXT),
]
ASSETS = (
    r'<link[^>]+rel="(?:stylesheet|icon|manifest)"[^>]+href="([^"]+)"',
    r'<link[^>]+href="([^"]+)"[^>]+rel="(?:stylesheet|icon|manifest)"',
    r'<script[^>]+src="([^"]+)"',
    r'<img[^>]+src="([^"]+)"',
    r'hx-get="([^"]+)"[^>]*hx-trigger="[^"]*\bload\b',
)


@dataclass(frozen=True)
class Weight:
    """What one page costs its reader and the database."""

    route: str
    reader: str
    budget: Budget
    html: float
    total: float
    requests: int
    queries: int

    @property
    def excess(self) -> list[str]:
        """Name what is over the budget."""
        pairs = {
            "HTML": (self.html, self.budget.html),
            "total": (self.total, self.budget.total),
            "requests": (self.requests, self.budget.requests),
            "queries": (self.queries, self.budget.queries),
        }
        return [f"{name} {value:.4g} > {most}" for name, (value, most) in pairs.items() if value > most]


def compressed(body: bytes) -> float:
    """Return kB after compression."""
    return len(gzip.compress(body, 6)) / 1000


def weight_of(client: Client, route: str, reader: str, url: str) -> Weight | None:
    """Weigh one page; ``None`` where there is no page for this reader."""
    if client.get(url).status_code != 200:  # what is kept of the configuration is kept
        return None
    visitors.forget()  # the page itself is rendered again
    asked: list[str] = []
    with connection.execute_wrapper(lambda execute, sql, *rest: asked.append(sql) or execute(sql, *rest)):
        response = client.get(url)
    if response.status_code != 200 or not response.headers["Content-Type"].startswith("text/html"):
        return None
    if response.streaming:
        return None
    page = response.content.decode()
    assets = {address for pattern in ASSETS for address in re.findall(pattern, page)}
    budget = next(budget for pattern, budget in GROUPS if re.match(pattern, route))
    total = compressed(response.content) + sum(_asset(client, address) for address in assets)
    return Weight(route, reader, budget, compressed(response.content), total, 1 + len(assets), len(asked))


def _asset(client: Client, address: str) -> float:
    if address.startswith("data:"):
        return 0
    if address.startswith(settings.STATIC_URL):
        found = finders.find(address.removeprefix(settings.STATIC_URL).partition("?")[0])
        return compressed(Path(found).read_bytes()) if found else 0
    return compressed(client.get(address.replace("&amp;", "&")).content)


def weights_of_the_catalogue() -> Iterator[Weight]:
    """Weigh what everybody may read, with the programme's catalogue."""
    from core import clock  # noqa: PLC0415 -- see above
    from tests.worlds import MOMENTS  # noqa: PLC0415 -- Django is set up by now

    call_command("import_catalogue", "catalogue/autumn-2026", verbosity=0)
    pages = [
        ("", "/"),
        ("dates/", "/dates/"),
        ("tracks/", "/tracks/"),
        ("tracks/<slug>/", "/tracks/empirical/"),
        ("how-it-works/", "/how-it-works/"),
        ("how-matching-works/", "/how-matching-works/"),
        ("help/", "/help/"),
        ("streams/", "/streams/"),
        ("streams/<slug>/", "/streams/frontier-lab-safety-coalition/"),
        ("streams/compare/", "/streams/compare/?s=scenario-lab&s=founder-residency&s=science-of-scheming"),
    ]
    with clock.at(MOMENTS["open"]):
        for route, url in pages:
            if found := weight_of(Client(), route, "anybody", url):
                yield found


def weights_of_the_world() -> Iterator[Weight]:
    """Weigh every other page in a world with an example of everything."""
    from core import clock  # noqa: PLC0415 -- Django is set up by now
    from tests.security.matrix import address, routes  # noqa: PLC0415 -- see above
    from tests.security.sample import rich_sample  # noqa: PLC0415 -- see above
    from tests.worlds import MOMENTS  # noqa: PLC0415 -- see above

    sample = rich_sample()[1]
    expected = (settings.BASE_DIR / "docs" / "permissions.txt").read_text("utf-8").splitlines()
    cells = {line[5:57].strip(): line[57:].split() for line in expected if line.startswith("GET ")}
    public = re.compile(r"$|dates|tracks|how-|help|streams/|demo/")
    for route in routes():
        if public.match(route.path):
            continue
        try:
            url = address(route, sample)
        except KeyError as missing:
            print(f"{route.path}: the sample has no example of {missing}")
            continue
        allowed = cells.get(route.path, ["ok"] * len(sample.people))
        for (reader, user), cell in zip(sample.people.items(), allowed, strict=True):
            if cell != "ok":
                continue
            for moment in ("offers", "review"):
                client = Client()
                if user is not None:
                    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
                with clock.at(MOMENTS[moment]):
                    found = weight_of(client, route.path, reader, url)
                if found:
                    break
            if found:
                yield found
                break
            if route.path.endswith((".csv", ".txt", ".svg", ".ics", "file/")):
                break


def main() -> None:
    """Print every page and, at the end, what is over its budget."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "mats_portal.settings.test"
    django.setup()
    setup_test_environment()
    logging.disable(logging.ERROR)
    call_command("migrate", verbosity=0)
    weighed: list[Weight] = []
    for world in (weights_of_the_catalogue, weights_of_the_world):
        with transaction.atomic():
            weighed += world()
            transaction.set_rollback(True)
    print(f"{'page':<50}{'reader':<10}{'HTML kB':>9}{'all kB':>8}{'requests':>10}{'queries':>9}  over its budget")
    for one in weighed:
        print(
            f"{one.route:<50}{one.reader:<10}{one.html:>9.1f}{one.total:>8.1f}{one.requests:>10}{one.queries:>9}"
            f"  {', '.join(one.excess)}".rstrip()
        )
    over = [one for one in weighed if one.excess]
    print(f"{len(weighed)} pages, {len(over)} over a budget")


if __name__ == "__main__":
    main()
