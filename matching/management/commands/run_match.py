"""Compute a match run at once, without a worker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.refusals import Refused
from matching.domain.runs import compute_run, make_run
from streams.models import Cycle


class Command(BaseCommand):
    """Take the same way as the console: freeze, solve, certify, store. Approving stays with two people."""

    help = "Compute a match run of a cycle and print its checksums and certificate."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the cycle and the seed."""
        parser.add_argument("--cycle", required=True, metavar="SLUG")
        parser.add_argument("--seed", required=True, help="seed of the lottery: 1 to 64 characters")

    def step(self, message: str, done: int = 0, total: int = 0) -> None:
        """Tell one step of the run."""
        self.stdout.write(message)

    def handle(self, *args: Any, cycle: str, seed: str, **options: Any) -> None:
        """Compute and report."""
        try:
            run = compute_run(make_run(cycle=Cycle.objects.get(slug=cycle), seed=seed, by=None).pk, self)
        except Cycle.DoesNotExist:
            raise CommandError(f"There is no cycle called {cycle!r}.") from None
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        found = run.certificate
        self.stdout.write(f"run {run.number} of {cycle}, engine {run.engine_version}, seed {run.seed}")
        self.stdout.write(f"inputs  {run.inputs_sha256}")
        self.stdout.write(f"result  {run.result_sha256}")
        self.stdout.write(f"placed  {found['size']} of {len(run.inputs['applicants'])} people")
        self.stdout.write(
            f"certificate: feasible {found['feasible']}, stable {found['stable']}, "
            f"blocking pairs {len(found['blocking_pairs'])}, rerun identical {found['rerun_identical']}"
        )
