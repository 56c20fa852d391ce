"""Who may do what here."""

import rules

from accounts.rules import is_staff

rules.add_perm("applications.extend_deadline", is_staff)
rules.add_perm("applications.handle_references", is_staff)
