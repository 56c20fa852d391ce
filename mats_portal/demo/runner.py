"""Start everything the demo needs, say where it is, watch over it, stop it."""

import errno
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from mats_portal.demo.children import Child, ChildDied, Children
from mats_portal.embedded.launcher import LauncherError, services
from mats_portal.embedded.process import dies_with_launcher

ROOT = Path(__file__).resolve().parent.parent.parent
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ANSWERS_WITHIN_SECONDS = 60
#: How often the runner looks whether everything still lives.
WATCH_SECONDS = 0.5


class DemoError(Exception):
    """The demo cannot start or go on; the message says why and what to do."""


class Stopped(BaseException):
    """Somebody asked the demo to stop."""


def main() -> int:
    """Run the demo until it is stopped. Returns the exit status."""
    begun = time.monotonic()
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    try:
        _run(begun)
    except (DemoError, LauncherError, ChildDied) as fault:
        print(f"\nmake demo: {fault}", file=sys.stderr)
        return 1
    except Stopped:
        print("\nThe demo has stopped. Everything is kept: `make demo` goes on, `make demo RESET=1` starts over.")
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _run(begun: float) -> None:
    host, port = os.environ.get("DEMO_BIND") or "127.0.0.1", _port()
    _applicants()
    _refuse_taken_port(host, port)
    var = Path(os.environ.get("PORTAL_VAR_DIR") or ROOT / "var").absolute()
    var.mkdir(parents=True, exist_ok=True)
    if os.environ.get("RESET") not in {None, "", "0"}:
        _start_over(var)
    _say("Starting PostgreSQL and Redis ...")
    with services(data_dir=var / "postgres", durable=True) as addresses:
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        surroundings = {
            **os.environ,
            **addresses,
            "DJANGO_SETTINGS_MODULE": "mats_portal.settings.demo",
            "PORTAL_VAR_DIR": str(var),
            "PORTAL_BASE_URL": address,
            "DEMO_BIND": host,
            "LC_ALL": "C.UTF-8",
            "PYTHONUTF8": "1",
        }
        summary = _prepare(surroundings)
        with _stops_calmly(Children(_programs(host, port, var), surroundings)) as children:
            children.start()
            _wait_for(f"{address}/livez", children)
            _say(_welcome(address, var, summary, time.monotonic() - begun))
            while True:
                children.look_after()
                time.sleep(WATCH_SECONDS)


def _say(line: str) -> None:
    print(line, flush=True)


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 65535:
        raise DemoError(f"PORT is {given!r}. Give a number from 1 to 65535: make demo PORT=8001")
    return int(given)


def _applicants() -> list[str]:
    given = os.environ.get("APPLICANTS") or ""
    if given and not (given.isascii() and given.isdigit() and 1 <= int(given) <= 2000):
        raise DemoError(f"APPLICANTS is {given!r}. Give a number from 1 to 2000: make demo APPLICANTS=60")
    return ["--applicants", given] if given else []


def _refuse_taken_port(host: str, port: int) -> None:
    """Try the port before anything is started, so that the person learns of it in a second and not at the end."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                other = port + 1 if port < 65535 else port - 1
                raise DemoError(
                    f"Port {port} is taken by another program. Choose another: make demo PORT={other}"
                ) from error
            if error.errno == errno.EACCES:
                raise DemoError(f"Port {port} needs more rights. Choose one above 1023: make demo PORT=8000") from error
            raise DemoError(f"{host}:{port} cannot be used: {error.strerror}.") from error


def _start_over(var: Path) -> None:
    """Remove the demo's database, mails and documents, unless another demo is using them."""
    if os.environ.get("DATABASE_URL"):
        raise DemoError("RESET removes the demo's own database alone, and DATABASE_URL names another: unset it first.")
    with open(var / "postgres.lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError("A demo is running on this database: stop it first, then start over.") from None
        _say("Starting over: removing the old database, mails and documents ...")
        for name in ("postgres", "mailbox", "media", "log"):
            shutil.rmtree(var / name, ignore_errors=True)
        for left in var.glob("beat-schedule*"):
            left.unlink()


def _prepare(surroundings: dict[str, str]) -> str:
    """Bring database and static files up to date in a process of its own. Returns the lines about whom to try."""
    answer, told = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "prepare_demo", "--answer-to", str(told), *_applicants()],
        cwd=ROOT,
        env={**surroundings, "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")},
        pass_fds=[told],
        start_new_session=True,
        preexec_fn=dies_with_launcher(signal.SIGTERM),
    )
    os.close(told)
    try:
        with os.fdopen(answer) as lines:
            summary = lines.read()
        status = process.wait()
    except Stopped:
        process.terminate()
        process.wait()
        raise
    if status:
        raise DemoError("The database could not be prepared; the lines above say why.")
    return summary


def _programs(host: str, port: int, var: Path) -> list[Child]:
    python, log = sys.executable, var / "log"
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    celery = [python, "-m", "celery", "-A", "mats_portal"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [
        Child(
            "worker",
            [*celery, "worker", "-Q", "default,mail,match", "--concurrency", "2", *quiet],
            ROOT,
            log / "worker.log",
        ),
        Child("beat", [*celery, "beat", "--pidfile="], ROOT, log / "beat.log"),
        Child(
            "web",
            [
                python,
                "-m",
                "gunicorn",
                "mats_portal.wsgi:application",
                "--bind",
                bind,
                "--workers",
                "2",
                "--threads",
                "4",
                "--graceful-timeout",
                "5",
            ],
            ROOT,
            log / "web.log",
        ),
    ]


@contextmanager
def _stops_calmly(children: Children) -> Iterator[Children]:
    """Stop the children at the end; a second Ctrl-C must not cut that short and leave some of them behind."""
    try:
        yield children
    finally:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        children.stop()


def _wait_for(address: str, children: Children) -> None:
    # Without proxies: the page is on this machine, whatever the surroundings say.
    opener = build_opener(ProxyHandler({}))
    give_up = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while True:
        children.look_after()
        try:
            with opener.open(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError) as error:
            if time.monotonic() > give_up:
                raise DemoError(f"{address} did not answer within {ANSWERS_WITHIN_SECONDS} s: {error}.") from error
        time.sleep(0.1)


def _welcome(address: str, var: Path, summary: str, seconds: float) -> str:
    return f"""
The portal runs at  {address}/   (ready after {seconds:.0f} s)
Demo people, clock  {address}/demo/
Mails arrive in     {var / "mailbox"}
Logs are in         {var / "log"}

{summary.strip()}

Ctrl-C stops everything and keeps the data; `make demo RESET=1` starts over."""
