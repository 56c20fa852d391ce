"""Who may write what everybody reads about the programme."""

import rules

from accounts.rules import is_staff

rules.add_perm("streams.manage_help", is_staff)
