"""Who may look over the whole programme."""

from typing import Any

import rules

from accounts.rules import is_admin, is_observer, is_staff
from reviews.queries import tracks_to_watch
from reviews.rules import is_track_lead


@rules.predicate
def made_it(user: Any, export: Any) -> bool:
    """Is the one for whom the file was made."""
    return export is not None and export.maker_id == user.pk


@rules.predicate
def follows_track(user: Any, track: Any) -> bool:
    """Leads the track, or works for the programme."""
    return track is not None and tracks_to_watch(user).filter(pk=track.pk).exists()


rules.add_perm("desk.view_agreement", follows_track)
rules.add_perm("desk.ask_further_reads", follows_track)
rules.add_perm("desk.settle_tasks", follows_track)
rules.add_perm("desk.settle_task", is_track_lead | is_staff)
rules.add_perm("desk.decide_concerns", is_staff)
rules.add_perm("desk.view_retention", is_staff)
rules.add_perm("desk.set_retention", is_admin)
rules.add_perm("desk.erase_due", is_staff)
rules.add_perm("desk.place_holds", is_staff)
rules.add_perm("desk.answer_corrections", is_staff)
rules.add_perm("desk.view_board", is_staff)
rules.add_perm("desk.manage_forms", is_staff)
rules.add_perm("desk.view_people", is_staff)
rules.add_perm("desk.read_needs", is_admin)
rules.add_perm("desk.manage_cycles", is_admin)
rules.add_perm("desk.view_cycles", is_staff)
rules.add_perm("desk.publish_cycles", is_staff)
rules.add_perm("desk.view_evaluations", is_staff)
rules.add_perm("desk.import_scores", is_staff)
rules.add_perm("desk.grant_time", is_staff)
rules.add_perm("desk.view_components", is_staff)
rules.add_perm("desk.view_statistics", is_staff | is_observer)
rules.add_perm("desk.make_exports", is_staff)
rules.add_perm("desk.export_logistics", is_admin)
rules.add_perm("desk.take_export", is_staff & made_it)
