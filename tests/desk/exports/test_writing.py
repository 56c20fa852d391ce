"""What is in a file: text stays text, odd letters come back, and memory does not grow with the rows."""

import csv
import io
import tracemalloc

import openpyxl
import pytest

from applications.models import TrackApplication
from core.refusals import Refused
from mats_portal.desk.exports.writing import write_csv, write_xlsx
from tests.desk.exports.formulas import FORMULAS
from tests.desk.exports.making import made, parsed, plain
from tests.desk.exports.planting import planted


@pytest.mark.threat("T11")
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_sixty_formulas_in_every_text_column_come_back_as_text(scene, file_format):
    assert len(set(FORMULAS)) == 60
    admin, expected = scene.world.people["admin"], planted(scene)
    # The first word of a track's state is the table's, not ours to repeat here.
    label = TrackApplication.objects.filter(track__slug="t0").get().get_internal_state_display().lower()
    expected["people"]["Tracks"] = {f"{text}: {label}" for text in FORMULAS}
    cells = 0
    for kind, columns in expected.items():
        head, *rows = parsed(made(scene, admin, kind, file_format=file_format))
        for name, texts in columns.items():
            found = [row[head.index(name)] for row in rows]
            if file_format == "csv":
                starts = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
                assert [cell for cell in found if cell.lstrip(" ").startswith(starts)] == []
                found = [cell.removeprefix("'") for cell in found]
            assert texts <= set(found), (kind, name, texts - set(found))
            cells += len(texts)
    assert cells == 14 * 60


@pytest.mark.threat("T11")
def test_control_a_plain_writer_lets_formulas_through():
    book = openpyxl.Workbook()
    book.active.append(["=1+1"])
    file = io.BytesIO()
    book.save(file)

    assert openpyxl.load_workbook(file).active["A1"].data_type == "f"


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_odd_letters_and_long_numbers_come_back(write):
    cells = ["_x000D_ and _xyz_", "a\u0001b", "tab\tline\nend\r\n", "😀", 12, None]
    file = io.BytesIO()

    assert write(file, ["a"] * 6, [cells] * 3, "mark & foot") == 3

    if write is write_csv:
        assert list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))[1] == [*cells[:4], "12", ""]
    else:
        sheet = openpyxl.load_workbook(file).active
        assert [plain(cell.value) for cell in sheet[2]] == [*cells[:5], ""]
        assert (sheet.cell(2, 1).number_format, sheet.cell(2, 5).data_type) == ("@", "n")
        assert sheet.oddFooter.left.text == "mark && foot"


def test_what_a_spreadsheet_cannot_hold_is_refused():
    with pytest.raises(Refused, match="32767 characters"):
        write_xlsx(io.BytesIO(), ["a"], [["x" * 32_768]])

    assert write_csv(io.BytesIO(), ["a"], [["x" * 32_768]]) == 1


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_memory_does_not_grow_with_the_rows(write, tmp_path):
    def peak(n_rows: int) -> int:
        with (tmp_path / "file").open("wb") as file:
            tracemalloc.start()
            assert write(file, ["a"] * 4, (["text" * 25, "=1", number, None] for number in range(n_rows))) == n_rows
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    peak(100)
    assert peak(20_000) < peak(500) + 200_000
