"""Run ``python -m matching.engine VERB``."""

import sys

from matching.engine.cli import main

sys.exit(main())
