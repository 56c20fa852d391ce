"""Measure the portal's pages, then the matching engine. ``make bench`` runs this on a private, durable database."""

import argparse
import os
import platform
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[1]
SMALLEST = 400


def main() -> None:
    """Seed, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000", help="applications under review, such as 1000,10000,100000")
    parser.add_argument("--seconds", type=float, default=3, help="of each of three runs a line")
    parser.add_argument("--no-engine", action="store_true", help="leave the matching engine out")
    asked = parser.parse_args()
    sizes = [int(size) for size in asked.sizes.split(",")]
    if min(sizes) < SMALLEST:
        parser.error(f"a size below {SMALLEST} has fewer readers than there are connections")
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.web.settings"
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    os.environ["ALLOWED_HOSTS"] = "127.0.0.1"
    os.environ["DATABASE_STATEMENT_TIMEOUT"] = "120s"
    django.setup()
    from benchmarks import pages, seed, submission  # noqa: PLC0415 -- Django is set up by now

    print(machine())
    call_command("migrate", verbosity=0)
    cohort = seed.begin()
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            begun = time.perf_counter()
            seed.grow(cohort, size)
            print(f"\n{size:,} applications under review (seeded in {time.perf_counter() - begun:.0f} s)", flush=True)
            print(pages.head(), flush=True)
            with (
                pages.server("benchmarks.web.bare_settings", Path(folder)) as bare,
                pages.server("benchmarks.web.settings", Path(folder)) as port,
            ):
                limits = pages.Limits.of(bare, cohort, asked.seconds)
                for row in pages.page_rows(port, limits, cohort, asked.seconds):
                    print(pages.line(row), flush=True)
                for text in submission.submission_lines(port, cohort):
                    print(text, flush=True)
                print(pages.export_line(port, cohort), flush=True)
                for text in pages.file_lines(cohort):
                    print(text, flush=True)
    if not asked.no_engine:
        subprocess.run([sys.executable, "-m", "benchmarks.engine", "--quick"], cwd=ROOT, check=True)


def machine() -> str:
    """Return what the figures were measured on."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    cpus = len(os.sched_getaffinity(0))
    return (
        f"{platform.system()} {platform.machine()}, {cpus} processors, Python {platform.python_version()}, "
        f"Django {django.get_version()}, commit {commit.stdout.strip() or 'unknown'}, load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
