"""A small but whole catalogue as text, and a way to write it with one thing changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = """
[cycle]
slug = "trial"
code = "99T"
name = "Trial"
programme_starts_on = 2026-09-28
programme_ends_on = 2026-12-04
public_current = true
general_form = "general"

[[key_dates]]
code = "general_opens"
label = "Opens"
on = 2026-05-12
at = "12:00"
zone = "UTC"

[[key_dates]]
code = "general_closes"
label = "Closes"
on = 2026-06-07
at = "end of day"

[[key_dates]]
code = "stage2_opens"
label = "Stage 2 opens"
on = 2026-06-12

[[key_dates]]
code = "stage2_closes"
label = "Stage 2 closes"
on = 2026-06-24

[[key_dates]]
code = "review_opens"
label = "Review"
on = 2026-06-25

[[key_dates]]
code = "review_closes"
label = "Review ends"
on = 2026-07-05

[[key_dates]]
code = "stream_stage_opens"
label = "Tasks"
on = 2026-07-07

[[key_dates]]
code = "stream_stage_closes"
label = "Tasks end"
on = 2026-07-24

[[key_dates]]
code = "programme_starts"
label = "Start"
on = 2026-09-28

[[key_dates]]
code = "programme_ends"
label = "End"
on = 2026-12-04

[[sites]]
slug = "harbour"
name = "Harbour"
city = "Harbour Town"
timezone = "Europe/London"

[[topics]]
slug = "tides"
name = "Tides"

[[questions]]
code = "why"
meaning = "Motivation"
kind = "long_text"
text = "Why?"
minutes = 10

[[questions]]
code = "where"
meaning = "Place"
kind = "choice"
text = "Where?"
minutes = 2
choices = [{ value = "here", label = "Here" }, { value = "there", label = "There" }]

[[questions]]
code = "project_idea"
meaning = "Own idea"
kind = "long_text"
text = "Which project?"
minutes = 20

[[forms]]
code = "general"
title = "General"
sections = [{ code = "all", title = "All" }]
items = [
  { section = "all", question = "where" },
  { section = "all", question = "why", max_words = 100, show_if = { question = "where", in = ["here"] } },
]

[[forms]]
code = "idea"
title = "Idea"
sections = [{ code = "all", title = "All" }]
items = [{ section = "all", question = "project_idea", max_words = 300 }]

[[tracks]]
slug = "tidal"
name = "Tidal"
summary = "Work on tides."
blind = ["identity"]
[[tracks.steps]]
kind = "form"
name = "General application"
opens = "general_opens"
closes = "general_closes"
minutes = 12
[tracks.rubric]
title = "Tidal"
[[tracks.rubric.criteria]]
code = "motivation"
name = "Motivation"
weight = 100
questions = ["why"]
anchors = { 1 = "low", 3 = "middle", 5 = "high" }

[[finder]]
key = "liking"
text = "What do you like?"
options = [
  { value = "sea", label = "The sea", tracks = ["tidal"], because = "you like the sea" },
  { value = "land", label = "The land" },
]

[[evaluations]]
code = "sketch"
tracks = ["tidal"]
title = "Sketch"
brief = "Sketch a tide."
form = "idea"
minutes = 30
ai_policy = "forbidden"
[evaluations.rubric]
title = "Sketch"
[[evaluations.rubric.criteria]]
code = "idea"
name = "Idea"
weight = 100
questions = ["project_idea"]
anchors = { 1 = "low", 3 = "middle", 5 = "high" }

[[mentors]]
code = "ada-veldt"
name = "Ada Veldt"
timezone = "Europe/London"

[[streams]]
slug = "estuary"
title = "Estuary"
summary = "Where rivers meet the sea."
tracks = ["tidal"]
topics = ["tides"]
form = "idea"
selection_mode = "fellow_proposes"
seats_asked = 2
seats_granted = 1
state = "published"
published_on = 2026-05-12
mentors = [{ mentor = "ada-veldt", role = "lead" }]
[[streams.cadences]]
frequency = "weekly"
minutes = 60
format = "one_to_one"
[[streams.agreements]]
title = "Agreement"
version = 1
published_on = 2026-05-12
body = "You keep the tide tables to yourself."
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the small catalogue with each ``old`` replaced by its ``new``."""

    def write(*changes: tuple[str, str], name: str = "trial.toml") -> Path:
        text = SMALL
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write
