"""Files that should not get in, made from a seed: every one is small to write down, whatever it unpacks to."""

import io
import random
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mats_portal.demo.files import pdf

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
)
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MARKUP = [
    b"<html><script>alert(1)</script></html>",
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"<?xml version='1.0'?><svg/>",
    b"\xef\xbb\xbf<!DOCTYPE html><body onload=alert(1)>",
    b"  \n\t<script src=//example.org></script>",
    b"<!-- --><script>alert(1)</script>",
    b"<iframe src=javascript:alert(1)>",
]
BINARIES = [
    b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
    b"\xff\xd8\xff\xe0" + b"\0" * 64,
    b"MZ\x90\0" + b"\0" * 64,
    b"\x7fELF" + b"\1" * 64,
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
    b"\x1f\x8b\x08" + b"\0" * 64,
    b"{\\rtf1 \\object}",
    b"%!PS-Adobe-3.0\n(gs) run",
]
NAMES = [
    "../../etc/{n}.pdf",
    "..\\..\\{n}.pdf",
    "/{n}.pdf",
    "{n}\u202efdp.pdf",
    "{n}\x00.pdf",
    "{n}\r\nSet-Cookie: a=b.pdf",
    '{n}".pdf',
    "{n};x=.pdf",
    "<img src=x onerror=alert(1)>{n}.pdf",
    "é{n}" + "x" * 300 + ".pdf",
    "CON{n}.pdf",
    "{n}.html.pdf",
]


@dataclass(frozen=True)
class Hostile:
    """One file: the name under which it comes, its bytes, and whether it is harmless under its odd name."""

    kind: str
    name: str
    content: bytes
    is_fine: bool = False


def docx(
    body: str = "<w:p><w:r><w:t>Hello</w:t></w:r></w:p>",
    *,
    main: str = MAIN,
    extra: dict[str, bytes] | None = None,
    prolog: str = "",
) -> bytes:
    """Return a small DOCX."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES.format(main=main))
        document = f'{prolog}<w:document xmlns:w="{WORDS}"><w:body>{body}</w:body></w:document>'
        archive.writestr("word/document.xml", document)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return made.getvalue()


def _with_object(extra: bytes, catalog: bytes = b"") -> bytes:
    """Return a PDF with one more object, reached from its catalogue or hidden."""
    plain = pdf(["Hello"])
    body, _, _ = plain.rpartition(b"xref\n0")
    body = body.replace(b"/Type /Catalog", b"/Type /Catalog " + catalog, 1)
    found = body + b"9 0 obj\n" + extra + b"\nendobj\n"
    offsets = {int(part.split()[-1]): found.index(part + b" 0 obj") for part in _numbers(found)}
    rows = b"".join(b"%d 1\n%010d 00000 n \n" % (number, at) for number, at in sorted(offsets.items()))
    return (
        found
        + b"xref\n0 1\n0000000000 65535 f \n"
        + rows
        + b"trailer << /Size 10 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(found)
    )


def _numbers(body: bytes) -> list[bytes]:
    return [b"\n%d" % number for number in range(1, 10) if b"\n%d 0 obj" % number in body]


def _stream(content: bytes, entries: bytes = b"/Filter /FlateDecode") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def _flate_bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(b" " * 1024 * 1024) for _ in range(megabytes)) + packer.flush()


def _pdf_bomb(chance: random.Random) -> bytes:
    packed = _flate_bomb(chance.choice([400, 700]))
    body = pdf(["Hello"])
    start, end = body.index(b"5 0 obj\n"), body.index(b"endobj", body.index(b"5 0 obj\n"))
    whole = body[:start] + b"5 0 obj\n" + _stream(packed) + b"\n" + body[end:]
    return whole[: whole.rindex(b"startxref")] + b"startxref\n%d\n%%%%EOF\n" % whole.index(b"xref\n0")


def _many_pages(chance: random.Random) -> bytes:
    return pdf(["x"] * 46 * chance.randint(210, 400))


def _truncated(chance: random.Random) -> bytes:
    whole = pdf(["A curriculum"] * chance.randint(1, 60))
    return whole[: chance.randint(20, len(whole) - 10)]


def _encrypted(chance: random.Random) -> bytes:
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415 -- here alone

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(["Secret"]))))
    writer.encrypt(f"word{chance.randint(1, 99)}", algorithm="RC4-128")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _noise(chance: random.Random) -> bytes:
    return b"%PDF-1.7\n" + chance.randbytes(chance.randint(1, 4000)) + b"\n%%EOF"


def _scrambled(chance: random.Random) -> bytes:
    """Return a DOCX whose packed words were changed on the way: its checksums no longer hold."""
    whole = bytearray(docx(f"<w:p><w:r><w:t>{chance.randbytes(2000).hex()}</w:t></w:r></w:p>"))
    at = whole.index(b"word/document.xml") + 60
    for place in range(at, at + 200):
        whole[place] ^= 0x5A
    return bytes(whole)


def _nested(chance: random.Random) -> bytes:
    return docx("<w:p>" * 100 + "</w:p>" * chance.randint(1, 50))


def _cooked(chance: random.Random) -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(chance.randint(6, 12)))
    return docx("&e5;", prolog=f"<!DOCTYPE x [{entities}]>")


def _zip_bomb(chance: random.Random) -> bytes:
    return docx(extra={f"word/media/{n}": b"\0" * 20_000_000 for n in range(chance.randint(1, 3))})


def _zip(names: list[str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


MAKERS: list[tuple[str, str, Callable[[random.Random], bytes]]] = [
    ("html as pdf", "pdf", lambda c: c.choice(MARKUP)),
    ("html as docx", "docx", lambda c: c.choice(MARKUP)),
    ("markup as text", "txt", lambda c: c.choice(MARKUP)),
    ("binary as text", "txt", lambda c: c.choice(BINARIES)),
    ("binary as pdf", "pdf", lambda c: c.choice(BINARIES)),
    ("pdf as text", "txt", lambda c: pdf(["x" * c.randint(1, 9)])),
    ("pdf as docx", "docx", lambda c: pdf(["x" * c.randint(1, 9)])),
    ("docx as pdf", "pdf", lambda _: docx()),
    ("docx as text", "txt", lambda _: docx()),
    ("other ending", "html", lambda c: c.choice(MARKUP)),
    ("svg", "svg", lambda _: MARKUP[1]),
    ("program", "exe", lambda c: c.choice(BINARIES)),
    ("zip", "zip", lambda _: _zip(["a.txt"])),
    ("macro file", "docm", lambda _: docx()),
    ("empty", "pdf", lambda _: b""),
    ("empty text", "txt", lambda c: b" \n" * c.randint(0, 9)),
    ("zeros", "pdf", lambda c: b"\0" * c.randint(1, 9000)),
    ("truncated pdf", "pdf", _truncated),
    ("noise in a pdf", "pdf", _noise),
    ("encrypted pdf", "pdf", _encrypted),
    ("pdf then zip", "pdf", lambda _: pdf(["x"]) + _zip(["a.html"])),
    ("pdf then html", "pdf", lambda c: pdf(["x"]) + c.choice(MARKUP)),
    ("html then pdf", "pdf", lambda c: c.choice(MARKUP) + pdf(["x"])),
    ("gif then pdf", "pdf", lambda _: b"GIF89a/*" + pdf(["x"])),
    (
        "script in a pdf",
        "pdf",
        lambda _: _with_object(b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>", b"/OpenAction 9 0 R"),
    ),
    ("hidden script in a pdf", "pdf", lambda _: _with_object(b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>")),
    ("program in a pdf", "pdf", lambda _: _with_object(b"<< /S /Launch /F (a.exe) >>", b"/OpenAction 9 0 R")),
    ("file in a pdf", "pdf", lambda _: _with_object(_stream(zlib.compress(b"x"), b"/Type /EmbeddedFile /EF << >>"))),
    ("form with code", "pdf", lambda _: _with_object(b"<< /XFA (x) >>", b"/AcroForm 9 0 R")),
    ("pdf bomb", "pdf", _pdf_bomb),
    ("too many pages", "pdf", _many_pages),
    ("docx with a macro", "docx", lambda _: docx(extra={"word/vbaProject.bin": b"x"})),
    (
        "docx of the macro kind",
        "docx",
        lambda _: docx(main=MAIN.replace("document.main", "document.macroEnabled.main")),
    ),
    ("docx with a file", "docx", lambda _: docx(extra={"word/embeddings/oleObject1.bin": b"x"})),
    ("docx that climbs", "docx", lambda _: docx(extra={"../../evil.txt": b"x"})),
    ("docx bomb", "docx", _zip_bomb),
    ("docx of many parts", "docx", lambda c: docx(extra={f"word/{n}": b"" for n in range(c.randint(1001, 1500))})),
    ("docx of entities", "docx", _cooked),
    ("docx out of shape", "docx", _nested),
    ("docx scrambled", "docx", _scrambled),
    ("zip as docx", "docx", lambda _: _zip(["[Content_Types].xml", "a.txt"])),
    ("docx then html", "docx", lambda c: docx() + c.choice(MARKUP)),
    ("html then docx", "docx", lambda c: c.choice(MARKUP) + docx()),
    ("latin text", "txt", lambda c: b"Caf\xe9 " * c.randint(1, 9)),
    ("too large", "pdf", lambda _: pdf(["x"]) + b" " * (10 * 1024 * 1024)),
]


def corpus(seed: int, n: int) -> Iterator[Hostile]:
    """Return ``n`` files: every kind in turn, and in between a harmless PDF under an odd name."""
    chance = random.Random(seed)
    for number in range(n):
        turn = number % (len(MAKERS) + len(NAMES))
        if turn < len(MAKERS):
            kind, ending, make = MAKERS[turn]
            yield Hostile(kind, f"cv-{number}.{ending}", make(chance))
        else:
            name = NAMES[turn - len(MAKERS)].format(n=number)
            yield Hostile("odd name", name, pdf([f"Curriculum number {number}"]), is_fine=True)
