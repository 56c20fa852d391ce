"""What a stream says in the file under the same names as in the database."""

#: In the order of the file.
STREAM_TEXT = (
    "title",
    "summary",
    "description",
    "own_statement",
    "working_style",
    "what_fellow_owns",
    "host_org",
    "in_person",
    "selection_mode",
    "autonomy",
    "data_sensitivity",
    "interview",
    "reply_hours",
    "ad_hoc_calls",
    "dual_use",
    "demo_invented",
    "seats_asked",
    "seats_granted",
)
