"""The page's example is what the engine does."""

from pathlib import Path

from matching import engine
from matching.engine.picture import EXAMPLE, EXAMPLE_SEED, with_steps

PAGE = Path(__file__).parents[3] / "docs" / "matching.md"


def test_the_page_shows_what_the_engine_does():
    """Drawn again by ``python -m matching.engine.picture docs/matching.md``."""
    page = PAGE.read_text(encoding="utf-8")

    assert with_steps(page) == page


def test_the_example_ends_as_the_page_says():
    result = engine.match(engine.Instance.from_json(EXAMPLE), seed=EXAMPLE_SEED)

    assert result.matching == {"Ada": "Control", "Ben": None, "Cleo": "Policy", "Dev": "Probes"}
