"""Reviews: rubrics, assignments, conflicts of interest, gate decisions."""
