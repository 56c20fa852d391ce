"""What one person can fetch: every address of the project, every link they are shown, every choice a page offers.

Nothing here is a list of pages. Addresses come from the URL conf, from the links and forms of the pages themselves, and
from the names that views read out of a query string.
"""

import ast
import inspect
import io
import re
import zipfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from types import FunctionType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from accounts.models import User
from core import clock
from core.policies import PUBLIC
from tests.security.matrix import Sample, address, routes

#: What differs from answer to answer and says nothing: tokens of a form, the number of a request.
MASKS = [
    (re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"'), b"token"),
    (re.compile(rb'(?:&quot;|")X-CSRFToken(?:&quot;|"): ?(?:&quot;|")[^"&]*(?:&quot;|")'), b"token"),
]
#: Headers that name the one request or its real time; a cookie is named without its value.
OWN_HEADERS = frozenset({"X-Request-ID", "Set-Cookie", "Expires"})
#: Pages of the sign-in library that draw a new secret each time they are opened.
DRAWN_ANEW = ("/account/2fa/totp/activate/", "/account/2fa/webauthn/", "/account/2fa/recovery-codes/")
#: Fetched by every page and the same for everybody.
ASSETS = ("/static/", "/media/")
#: What the workbook library writes down about its own moment; a file's rows are in none of these.
TIMESTAMPS = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")


@dataclass(frozen=True)
class Answer:
    """What came back, without what differs each time."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Links(HTMLParser):
    """Gathers where a page leads: links, pictures, fragments fetched in parts, and the choices of its GET forms."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self.fields: dict[str, list[str]] | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.links += [given[name] for name in ("href", "src", "hx-get") if given.get(name)]
        if tag == "form":
            self.fields = None
            if given.get("method", "get").lower() == "get":
                self.fields = {}
                self.forms.append((given.get("action", ""), self.fields))
        if self.fields is None:
            return
        if tag == "select":
            self.select = given.get("name", "")
            self.fields.setdefault(self.select, [])
        elif tag == "option":
            self.fields[self.select].append(given.get("value", ""))
        elif tag in {"input", "button", "textarea"} and (name := given.get("name")):
            values = self.fields.setdefault(name, [])
            # A box that is typed into gets the words of the test.
            if given.get("type", "text") in {"checkbox", "radio", "submit", "hidden"}:
                values.append(given.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.fields = None


@cache
def keys_read_by(view: FunctionType) -> frozenset[str]:
    """Return the names that a view, and the functions of its module that it calls, read out of a query string."""
    tree = ast.parse(inspect.getsource(inspect.getmodule(view)))  # type: ignore[arg-type] -- a view has a module
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    waiting, read, found = [view.__name__], set(), set()
    while waiting:
        name = waiting.pop()
        if name in read or name not in functions:
            continue
        read.add(name)
        for node in ast.walk(functions[name]):
            waiting += [node.id] if isinstance(node, ast.Name) else []
            found |= set(_keys_in(node))
    return frozenset(found)


def _keys_in(node: ast.AST) -> Iterator[str]:
    named: list[ast.expr] = []
    # request.GET.get("key"), request.GET.getlist("key"), request.GET["key"], "key" in request.GET
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_query(node.func.value):
        named = node.args[:1]
    elif isinstance(node, ast.Subscript) and _is_query(node.value):
        named = [node.slice]
    elif isinstance(node, ast.Compare) and any(map(_is_query, node.comparators)):
        named = [node.left]
    # {key: request.GET.get(key, "") for key in ("q", "state", "track")}
    elif isinstance(node, ast.comprehension) and isinstance(node.iter, ast.Tuple):
        named = node.iter.elts
    yield from (one.value for one in named if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _is_query(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "GET"


@dataclass
class Visitor:
    """One person with a session, who only looks."""

    name: str
    user: User | None
    #: An address that is opened first and leaves something in the session, such as a referee's link.
    door: str = ""
    client: Client = field(default_factory=Client)

    def enter(self) -> "Visitor":
        """Sign in, freshly enough for everything."""
        self.client = Client(raise_request_exception=True)
        if self.user is not None:
            self.client.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")
            session = self.client.session
            session["account_authentication_methods"] = [{"method": "code", "at": clock.now().timestamp()}]
            session.save()
        if self.door:
            self.client.get(self.door)
        return self

    def get(self, url: str, **headers: str) -> Answer:
        """Fetch one address; what an opened page writes down is undone."""
        with transaction.atomic():
            response = self.client.get(url, headers=headers)
            answer = answer_of(response)
            transaction.set_rollback(True)
        return answer


def answer_of(response: Any) -> Answer:
    """Return an answer as it is compared."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    request_id = response.headers.get("X-Request-ID", "")
    if request_id:
        body = body.replace(request_id.encode(), b"request")
    for mask, word in MASKS:
        body = mask.sub(word, body)
    headers = {name: value for name, value in response.headers.items() if name not in OWN_HEADERS}
    headers["cookies"] = ",".join(sorted(response.cookies))
    return Answer(response.status_code, tuple(sorted(headers.items())), without_timestamps(body))


def without_timestamps(body: bytes) -> bytes:
    """Return a file as it is compared: a workbook or archive by its parts, without the moments it was packed at."""
    if not body.startswith(b"PK"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = [(one.filename, TIMESTAMPS.sub(b"", archive.read(one))) for one in archive.infolist()]
    return repr(parts).encode()


@dataclass
class Limits:
    """How far a crawl goes: variants of one route, with one set of names in the query string."""

    of_a_kind: int = 3
    #: Words for boxes that are typed into.
    words: Sequence[str] = ()
    #: Other values for names that a view reads.
    values: Sequence[str] = ("2", "nothing-like-this")
    #: Whether the choices of public pages are tried as well: they are the same for everybody.
    public: bool = True


@dataclass
class Tour:
    """All that one person got: what came back by address, in the order of the first visit."""

    answers: dict[str, Answer] = field(default_factory=dict)
    #: What was tried, by kind: plain, linked, varied (the query string).
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def n_bytes(self) -> int:
        """How much there is to compare."""
        return sum(len(one.body) + sum(len(a) + len(b) for a, b in one.headers) for one in self.answers.values())


def starting_points(sample: Sample, *, public: bool = True) -> list[str]:
    """Return the address of every route (those of public pages if wanted), and one that does not exist."""
    wanted = [route for route in routes() if public or getattr(route.policy, "permission", "") != PUBLIC]
    return [*dict.fromkeys(address(route, sample) for route in wanted), "/no-such-page/"]


def crawl(visitor: Visitor, start: Iterable[str], limits: Limits) -> Tour:
    """Fetch what ``visitor`` can find: breadth first, each address once."""
    tour, seen = Tour(), Counter[tuple[str, tuple[str, ...]]]()
    waiting = deque((url, "plain") for url in start)
    while waiting:
        url, kind = waiting.popleft()
        if url in tour.answers or not _is_worth_it(url, kind, seen, limits):
            continue
        answer = tour.answers[url] = visitor.get(url)
        tour.kinds[kind] += 1
        if answer.status in {301, 302}:
            waiting.append((_inside(url, dict(answer.headers).get("Location", "")), "linked"))
        elif answer.status == 200:
            waiting.extend(_onwards(url, answer, limits))
    return tour


def differences_on_a_second_visit(visitor: Visitor, tour: Tour) -> list["Difference"]:
    """Fetch the same addresses in the same order, and return where something else comes back."""
    return differences(tour.answers, {url: visitor.get(url) for url in tour.answers})


def _is_worth_it(url: str, kind: str, seen: Counter, limits: Limits) -> bool:
    """Say whether an address adds something: enough of its kind may have been fetched already."""
    if not url or url.startswith((*ASSETS, *DRAWN_ANEW)):
        return False
    parts = urlsplit(url)
    names = tuple(sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}))
    try:
        route = resolve(parts.path).route
    except Resolver404:
        route = "nowhere"
    seen[route, names] += 1
    # Each value of a choice that a page offers is tried; of many rows of one list, a few.
    return kind != "linked" or seen[route, names] <= limits.of_a_kind


def _onwards(url: str, answer: Answer, limits: Limits) -> Iterator[tuple[str, str]]:
    if not dict(answer.headers).get("Content-Type", "").startswith("text/html"):
        return
    page = Links()
    page.feed(answer.body.decode())
    yield from ((_inside(url, link), "linked") for link in page.links)
    path = urlsplit(url).path
    view = resolve(path).func
    is_public = getattr(getattr(view, "policy", None), "permission", "") == PUBLIC
    if urlsplit(url).query or (is_public and not limits.public):
        return
    for action, fields in page.forms:
        target = _inside(url, action or path)
        for name, offered in fields.items():
            yield from ((f"{target}?{urlencode({name: value})}", "varied") for value in offered or limits.words)
    for key in sorted(keys_read_by(inspect.unwrap(view))):
        yield from ((f"{path}?{urlencode({key: value})}", "varied") for value in (*limits.values, *limits.words))


def _inside(url: str, link: str) -> str:
    """Return a link of a page as an address of this site; of another site, nothing."""
    parts = urlsplit(urljoin(url, link))
    if parts.netloc not in {"", "testserver"} or parts.scheme not in {"", "http", "https"}:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True)
class Difference:
    """An address at which two worlds can be told apart."""

    url: str
    what: str

    @property
    def path(self) -> str:
        """The address without its query string."""
        return urlsplit(self.url).path

    def __str__(self) -> str:
        return f"{self.url}: {self.what}"


def differences(first: dict[str, Answer], second: dict[str, Answer]) -> list[Difference]:
    """Return where two visits to the same addresses differ, with the first words that do."""
    found = []
    for url, answer in first.items():
        other = second[url]
        if answer.status != other.status:
            found.append(Difference(url, f"status {answer.status} or {other.status}"))
        elif answer.headers != other.headers:
            mine, theirs = set(answer.headers) - set(other.headers), set(other.headers) - set(answer.headers)
            found.append(Difference(url, f"headers {sorted(mine)} or {sorted(theirs)}"))
        elif answer.body != other.body:
            found.append(Difference(url, _first_words(answer.body, other.body)))
    return found


def _first_words(mine: bytes, theirs: bytes) -> str:
    at = next((i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs)))
    return f"{mine[max(at - 30, 0) : at + 50]!r} or {theirs[max(at - 30, 0) : at + 50]!r}"
