"""Write rows as CSV or XLSX in which no cell is ever a formula. One row at a time: memory stays flat."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import IO
from xml.sax.saxutils import escape

from core.http import safe_csv_cell
from core.refusals import Refused
from mats_portal.desk.exports.sets import Cell

#: What spreadsheet programs can hold.
CELL_LIMIT, ROW_LIMIT = 32_767, 1_048_576
#: Letters that XML cannot hold, and an underscore that a spreadsheet would read as the start of such an escape.
ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
#: Every member of the archive has one date: the same rows give the same bytes, whenever they are written.
DAY_ONE = (1980, 1, 1, 0, 0, 0)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: Style 1 is the format "Text": a cell that is edited stays text. Style 2 is the same in bold, for the head.
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SHEETML}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{SHEETML}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEETML}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    '<sheets><sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def write_csv(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Cell]], mark: str = "") -> int:
    """Write UTF-8 with every cell in quotes; returns the number of rows. A CSV file has no place for ``mark``."""
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(map(safe_csv_cell, head))
    n_rows = 0
    for row in rows:
        writer.writerow([safe_csv_cell(cell) for cell in row])
        n_rows += 1
    text.flush()
    text.detach()
    return n_rows


def write_xlsx(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Cell]], mark: str = "") -> int:
    """Write one sheet in which texts are typed as texts; ``mark`` stands at the foot of every printed page.

    Written here and not by a library: those keep a copy of the rows in a temporary file, which a killed worker would
    leave behind. Raises ``Refused`` for what a spreadsheet cannot hold.
    """
    n_rows = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(_member(name), HEAD + text)
        with archive.open(_member("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            sheet.write(_row(head, style=2))
            for row in rows:
                n_rows += 1
                if n_rows >= ROW_LIMIT:
                    raise Refused("These are more rows than a spreadsheet can hold. Choose CSV.")
                sheet.write(_row(row, style=1))
            foot = escape(mark.replace("&", "&&")[:200])
            sheet.write(f"</sheetData><headerFooter><oddFooter>&amp;L{foot}</oddFooter></headerFooter>".encode())
            sheet.write(b"</worksheet>")
    return n_rows


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, DAY_ONE)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _row(cells: Sequence[Cell], style: int) -> bytes:
    return f"<row>{''.join(_cell(cell, style) for cell in cells)}</row>".encode()


def _cell(cell: Cell, style: int) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, int):
        return f"<c><v>{cell}</v></c>"
    if len(cell.encode("utf-16-le")) // 2 > CELL_LIMIT:
        raise Refused(f"A text is longer than the {CELL_LIMIT} characters that a spreadsheet cell holds. Choose CSV.")
    text = escape(ODD.sub(lambda odd: f"_x{ord(odd.group()):04X}_", cell)).replace("\r", "&#13;")
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
