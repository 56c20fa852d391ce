"""The launcher of the embedded services: from any folder, under any account, after any end."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis

from mats_portal import embedded
from mats_portal.embedded import postgres, redis
from mats_portal.embedded.account import owner_of_servers

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = [sys.executable, "-m", "mats_portal.embedded"]
SHOW = [sys.executable, "-c", "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"]
NOBODY = 65534


@pytest.fixture(autouse=True)
def _services_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite itself runs inside a launcher; what it starts here must not use those servers."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


def launch(*arguments: Any, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LAUNCHER, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=300, **more
    )


def run_dir_in(output: str) -> Path:
    return Path(output.split("?host=")[1].split()[0])


def notes(url: str) -> list[str]:
    """Add a note to the database and return all notes in it."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (body text)")
        connection.execute("INSERT INTO note VALUES ('kept')")
        return [body for (body,) in connection.execute("SELECT body FROM note")]


def test_command_gets_both_addresses_and_nothing_stays_behind():
    done = launch("--", *SHOW)

    assert re.fullmatch(r"postgresql://portal@/portal\?host=\S+ unix://\S+/redis\.sock\n", done.stdout), done.stderr
    assert not run_dir_in(done.stdout).exists()


@pytest.mark.parametrize(("code", "status"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_launcher_ends_with_the_commands_own_status(code, status):
    assert launch("--", sys.executable, "-c", code).returncode == status


@pytest.mark.parametrize("path", ["", "/proc/1/fd"])
def test_unknown_command_is_named_and_the_servers_stop(path):
    """Also where PATH names a folder that an ordinary account may not look into."""
    path = os.pathsep.join(filter(None, [path, os.environ["PATH"]]))

    done = launch("--", "no-such-command", env={**os.environ, "PATH": path})

    assert (done.returncode, done.stderr) == (1, "mats_portal.embedded: There is no command 'no-such-command'.\n")


def test_without_a_directory_the_database_is_new_each_time():
    for _ in range(2):
        with embedded.services() as environment:
            assert notes(environment["DATABASE_URL"]) == ["kept"]


@pytest.mark.parametrize("folder", ["plain", "two words", "größe 選考 ı"])
def test_directory_keeps_its_rows_whatever_its_name(tmp_path, folder):
    data = tmp_path / folder / "postgres"

    for seen in (["kept"], ["kept", "kept"]):
        with embedded.services(data_dir=data, durable=True) as environment:
            assert notes(environment["DATABASE_URL"]) == seen


@pytest.mark.parametrize("durable", [True, False])
def test_only_a_durable_server_waits_for_the_disk(durable):
    with embedded.services(durable=durable) as environment, psycopg.connect(environment["DATABASE_URL"]) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on" if durable else "off",)


def test_servers_speak_utf8_and_utc_and_the_cache_refuses_to_forget():
    with embedded.services() as environment:
        with psycopg.connect(environment["DATABASE_URL"]) as connection:
            shown = [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("server_encoding", "TimeZone")]
            upper = connection.execute("SELECT upper('éi')").fetchone()[0]
        policy = redis_client(environment).config_get("maxmemory-policy")

    assert (shown, upper, policy) == (["UTF8", "UTC"], "ÉI", {"maxmemory-policy": "noeviction"})


def redis_client(environment: dict[str, str]) -> Any:
    return Redis.from_url(environment["REDIS_URL"], decode_responses=True)


def test_genuine_redis_serves_where_the_system_has_one():
    if not (shutil.which("redis-server") or shutil.which("redis-check-rdb")):
        pytest.fail("There is no genuine Redis: install the package redis-tools, or run `make test` as root.")

    with embedded.services() as environment:
        about = redis_client(environment).info("server")

    assert "valkey_version" not in about


def test_valkey_serves_where_the_system_has_no_redis(monkeypatch):
    monkeypatch.setattr(redis.shutil, "which", lambda _name: None)

    with embedded.services() as environment:
        assert "valkey_version" in redis_client(environment).info("server")


# --- Locale, umask, closed folders, accounts --------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["tr_TR.UTF-8", "C", "xx_YY.nonsense"])
def test_callers_locale_reaches_neither_servers_nor_command(locale):
    spoken = "import os; print(os.environ['LC_ALL'], 'ı'.encode())"

    done = launch("--", sys.executable, "-c", spoken, env={**os.environ, "LC_ALL": locale, "LANG": locale})

    assert (done.returncode, done.stdout) == (0, "C.UTF-8 b'\\xc4\\xb1'\n"), done.stderr


TURKISH = {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}
FOLDING = """
SELECT datcollate, datctype, pg_encoding_to_char(encoding),
       current_setting('lc_messages'), lower('TITLE I'), upper('title i'), 'TITLE' ILIKE 'title', 'I' ~* 'i'
FROM pg_database WHERE datname = current_database()
"""


@pytest.fixture
def turkish_is_known() -> bool:
    """Whether the system has the locale and not only its name; said aloud where it has not."""
    ask = [sys.executable, "-c", "import locale; locale.setlocale(locale.LC_ALL, '')"]
    known = subprocess.run(ask, env=TURKISH, capture_output=True).returncode == 0
    if not known:
        warnings.warn("tr_TR.UTF-8 is not installed: this run shows what its name does, not the locale", stacklevel=1)
    return known


def test_a_turkish_machine_gets_a_database_that_folds_letters_like_every_other(tmp_path, turkish_is_known):
    """A server that took over the caller's locale would lower-case I to a dotless i: nobody is found again."""
    ask = f"import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL']).execute({FOLDING!r}).fetchone())"

    done = launch("--data", tmp_path / "ünï çö", "--", sys.executable, "-c", ask, env={**os.environ, **TURKISH})

    plain = ("C.UTF-8", "C.UTF-8", "UTF8", "C.UTF-8", "title i", "TITLE I", True, True)
    assert (done.returncode, done.stdout.strip()) == (0, str(plain)), done.stderr
    if turkish_is_known:
        # The alarm can ring: the same server folds as Turkish does where it is asked to.
        with embedded.services() as environment, psycopg.connect(environment["DATABASE_URL"]) as connection:
            connection.execute("CREATE COLLATION turkish (provider = libc, locale = 'tr_TR.UTF-8')")
            folded = connection.execute("SELECT lower('TITLE I' COLLATE turkish), upper('i' COLLATE turkish)")
            assert folded.fetchone() == ("tıtle ı", "İ")


def test_strict_umask_and_closed_parents_do_not_matter(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    done = launch("--data", closed / "var" / "postgres", "--", *SHOW, umask=0o077)

    assert done.returncode == 0, done.stderr
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def wheel_in_closed_folder(tmp_path) -> Path:
    """A copy of the PostgreSQL wheel below a folder that only its owner may enter."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    copy_wheel(closed)
    return closed


def copy_wheel(site: Path) -> None:
    """Copy the PostgreSQL wheel into a folder from which it can be imported."""
    wheel = postgres.installed()
    package = site / wheel.package
    shutil.copytree(wheel.folder, package / wheel.folder.name, symlinks=True)
    (package / "__init__.py").touch()
    if wheel.libraries.exists():
        shutil.copytree(wheel.libraries, site / wheel.libraries.name, symlinks=True)


def test_programs_below_a_closed_folder_are_found_and_its_mode_is_kept(wheel_in_closed_folder):
    done = launch("--", *SHOW, env={**os.environ, "PYTHONPATH": str(wheel_in_closed_folder)})

    assert done.returncode == 0, done.stderr
    assert wheel_in_closed_folder.stat().st_mode & 0o777 == 0o700


def test_servers_of_a_root_launcher_run_as_another_account():
    if os.geteuid() != 0:
        pytest.skip("needs root: an ordinary launcher runs its servers as itself, which the other tests show")

    with embedded.services() as environment:
        owner = run_dir_in(environment["DATABASE_URL"]).stat().st_uid

    assert owner != 0


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another account may enter, with the PostgreSQL wheel in it."""
    with tempfile.TemporaryDirectory(prefix="portal-test-", dir="/tmp") as name:
        os.chmod(name, 0o755)
        copy_wheel(Path(name))
        for folder, _, files in os.walk(name):
            os.chmod(folder, 0o755)
            for file in files:
                path = os.path.join(folder, file)
                os.chmod(path, os.stat(path).st_mode | 0o555 if os.access(path, os.X_OK) else 0o644)
        yield Path(name)


def test_ordinary_account_can_start_and_keep_a_database(open_folder):
    """As root this leaves root in a child process; otherwise the suite's own account is an ordinary one already."""
    data = open_folder / "home" / "postgres"
    data.parent.mkdir()
    if os.geteuid() == 0:
        os.chown(data.parent, NOBODY, NOBODY)

    child = os.fork()
    if child == 0:
        status = 1
        try:
            sys.path.insert(0, str(open_folder))
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            for seen in (["kept"], ["kept", "kept"]):
                with embedded.services(data_dir=data, durable=True) as environment:
                    assert notes(environment["DATABASE_URL"]) == seen
            status = 0
        finally:
            os._exit(status)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_data_of_another_account_is_served_as_that_account(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root: nobody else can read another account's database")
    data = tmp_path / "postgres"
    with embedded.services(data_dir=data):
        pass
    for folder, _, files in os.walk(data):
        for name in [".", *files]:
            os.lchown(os.path.join(folder, name), 12345, 12345)

    with embedded.services(data_dir=data) as environment:
        assert notes(environment["DATABASE_URL"]) == ["kept"]

    assert {entry.stat().st_uid for entry in data.iterdir()} == {12345}


# --- Ends of every kind -----------------------------------------------------------------------------------------


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int, within: float = 120) -> bool:
    give_up = time.monotonic() + within
    while alive(pid):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def started(tmp_path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """A launcher with a command that waits, its server's process id, and its data directory."""
    data = tmp_path / "postgres"
    wait = [sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(120)"]
    launcher = subprocess.Popen(
        [*LAUNCHER, "--data", str(data), "--", *wait],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert launcher.stdout is not None
    assert launcher.stdout.readline() == "begun\n"
    server = int((data / "postmaster.pid").read_text().splitlines()[0])
    yield launcher, server, data
    if launcher.poll() is None:
        launcher.kill()
    launcher.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_the_command_and_then_the_servers(started, number):
    launcher, server, data = started

    launcher.send_signal(number)

    assert launcher.wait(120) in {128 + number, 1}
    assert not alive(server)
    assert not (data / "postmaster.pid").exists()


def test_kill_of_the_launcher_takes_its_servers_along_and_the_next_start_works(started):
    launcher, server, data = started

    launcher.kill()

    assert gone(server)
    with embedded.services(data_dir=data) as environment:
        assert notes(environment["DATABASE_URL"]) == ["kept"]


def test_kill_of_the_server_leaves_a_stale_pid_that_the_next_start_clears(started):
    launcher, server, data = started
    os.kill(server, signal.SIGKILL)
    launcher.kill()
    launcher.wait()  # it holds the directory until it has gone
    assert gone(server)
    assert (data / "postmaster.pid").exists()

    with embedded.services(data_dir=data) as environment:
        assert notes(environment["DATABASE_URL"]) == ["kept"]


def test_stale_pid_of_a_process_that_is_something_else_now_is_cleared(tmp_path):
    data = tmp_path / "postgres"
    # Under the servers' own account: PostgreSQL passes over a process that it may not signal.
    account = owner_of_servers(None)
    bystander = subprocess.Popen(["sleep", "60"], **account.popen_arguments())
    with embedded.services(data_dir=data):
        pass
    (data / "postmaster.pid").write_text(f"{bystander.pid}\n{data}\n0\n\n\n\n0\n")

    with embedded.services(data_dir=data) as environment:
        assert notes(environment["DATABASE_URL"]) == ["kept"]

    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_directory_in_use_is_named_with_the_process_that_uses_it(started):
    launcher, _server, data = started

    done = launch("--data", data, "--", *SHOW)

    assert done.returncode == 1
    assert f"{data} is in use by another launcher (process {launcher.pid})" in done.stderr


def test_directory_with_something_else_in_it_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("not a database")

    with (
        pytest.raises(embedded.LauncherError, match="holds something that is not a PostgreSQL database"),
        embedded.services(data_dir=tmp_path),
    ):
        pass

    assert (tmp_path / "letter.txt").read_text() == "not a database"


# --- Servers that are there already -----------------------------------------------------------------------------


def test_given_servers_are_used_and_none_is_started():
    given = {"DATABASE_URL": "postgresql://somewhere/db", "REDIS_URL": "redis://somewhere"}

    done = launch("--", *SHOW, env=os.environ | given)

    assert done.stdout == "postgresql://somewhere/db redis://somewhere\n"


def test_half_a_pair_of_servers_is_refused(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://somewhere")

    message = "REDIS_URL is set but DATABASE_URL is not"
    with pytest.raises(embedded.LauncherError, match=message), embedded.services():
        pass
