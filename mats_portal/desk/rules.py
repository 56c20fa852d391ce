"""Who may look over the whole programme."""

from typing import Any

import rules

from accounts.rules import is_admin, is_observer, is_staff


@rules.predicate
def made_it(user: Any, export: Any) -> bool:
    """Is the one for whom the file was made."""
    return export is not None and export.maker_id == user.pk


rules.add_perm("desk.view_board", is_staff)
rules.add_perm("desk.view_people", is_staff)
rules.add_perm("desk.view_components", is_staff)
rules.add_perm("desk.view_statistics", is_staff | is_observer)
rules.add_perm("desk.make_exports", is_staff)
rules.add_perm("desk.export_logistics", is_admin)
rules.add_perm("desk.take_export", is_staff & made_it)
