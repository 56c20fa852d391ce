#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys


def main() -> None:
    """Run a management command with the settings of DJANGO_SETTINGS_MODULE, the demo's if nothing is said."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mats_portal.settings.demo")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
