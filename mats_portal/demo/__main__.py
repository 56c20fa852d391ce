"""python -m mats_portal.demo: the whole portal on this machine, with an invented cohort, until Ctrl-C."""

import sys

from mats_portal.demo.runner import main

if __name__ == "__main__":
    sys.exit(main())
