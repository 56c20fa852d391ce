"""Who may look over the whole programme."""

import rules

from accounts.rules import is_observer, is_staff

rules.add_perm("desk.view_board", is_staff)
rules.add_perm("desk.view_people", is_staff)
rules.add_perm("desk.view_components", is_staff)
rules.add_perm("desk.view_statistics", is_staff | is_observer)
