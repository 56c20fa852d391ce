"""Small true PDFs, written by hand: a page or two of text in a standard font needs no library."""

from collections.abc import Sequence

#: Points: A4, a margin, and lines of eleven points.
WIDTH, HEIGHT, MARGIN, LEADING = 595, 842, 72, 15
LINES_A_PAGE = (HEIGHT - 2 * MARGIN) // LEADING
LETTERS_A_LINE = 82


def pdf(lines: Sequence[str]) -> bytes:
    """Return a PDF with these lines of text; characters that its font lacks become question marks."""
    wrapped = [part for line in lines for part in _wrapped(line)] or [""]
    pages = [wrapped[n : n + LINES_A_PAGE] for n in range(0, len(wrapped), LINES_A_PAGE)]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        words = _content(page)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words))
    return _file(objects)


def _wrapped(line: str) -> list[str]:
    found = [""]
    for word in line.split(" "):
        if found[-1] and len(found[-1]) + len(word) >= LETTERS_A_LINE:
            found.append(word)
        else:
            found[-1] = f"{found[-1]} {word}".strip()
    return found


def _content(lines: Sequence[str]) -> bytes:
    shown = []
    for line in lines:
        text = line.encode("cp1252", "replace")
        for plain, safe in ((b"\\", b"\\\\"), (b"(", b"\\("), (b")", b"\\)")):
            text = text.replace(plain, safe)
        shown.append(b"(" + text + b") Tj T*")
    start = f"BT /F1 11 Tf {LEADING} TL {MARGIN} {HEIGHT - MARGIN} Td".encode()
    return b"\n".join([start, *shown, b"ET"])


def _file(objects: Sequence[bytes]) -> bytes:
    written, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        written
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    )
