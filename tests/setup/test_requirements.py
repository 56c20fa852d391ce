"""The ledger of requirements: every line has its number, every mark has a line, and the count is true."""

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ledger() -> ModuleType:
    loader = SourceFileLoader("ledger", str(ROOT / ".ci" / "requirements"))
    spec = spec_from_loader("ledger", loader)
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_lines_are_numbered_without_a_gap(ledger: ModuleType) -> None:
    assert list(ledger.requirements()) == list(range(1, 111))


def test_command_counts_what_the_tests_are_marked_with(ledger: ModuleType) -> None:
    shown = {number for number, _ in ledger.marked(ROOT / "tests")}

    done = subprocess.run([sys.executable, ".ci/requirements"], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout
    assert shown <= ledger.requirements().keys()
    assert done.stdout.splitlines()[-1] == f"{len(shown)} of 110"
    assert done.stdout.count(" OPEN ") == 110 - len(shown)


def test_marks_are_read_whatever_stands_beside_them(ledger: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_a.py").write_text(
        "import pytest\n\n@pytest.mark.requirement(3, 5)\n@pytest.mark.threat('T01')\ndef test_both(): ...\n\n"
        "@pytest.mark.requirement\ndef test_without_a_number(): ...\n\ndef test_unmarked(): ...\n"
    )

    assert list(ledger.marked(folder)) == [(3, "tests/test_a.py::test_both"), (5, "tests/test_a.py::test_both")]


def test_control_a_mark_without_a_line_fails(ledger: ModuleType, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_a.py").write_text("import pytest\n\n@pytest.mark.requirement(111)\ndef test_strange(): ...\n")

    assert ledger.main(folder) == 1
    assert capsys.readouterr().out.endswith("Marks without a line: [111]\n0 of 110\n")
