"""Bring the tables up to date and give the database's roles their rights. Run as the owner, at every deployment."""

import os
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from core import database_roles as roles

PASSWORDS = {roles.APP: "APP_DATABASE_PASSWORD", roles.READER: "READER_DATABASE_PASSWORD"}


class Command(BaseCommand):
    """Prepare."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = {role: os.environ.get(name, "").strip() for role, name in PASSWORDS.items()}
        if lacking := [role for role in roles.missing_roles() if not passwords[role]]:
            raise CommandError(
                "The database has no role "
                + " and no role ".join(f"{role}: set {PASSWORDS[role]}, or make it yourself" for role in lacking)
                + "."
            )
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        for role, password in passwords.items():
            if password:
                roles.keep_role(role, password)
        roles.give_rights()
        self.stdout.write(f"{roles.APP} and {roles.READER} have their rights.")
