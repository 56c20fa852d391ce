"""Look into one uploaded file: what it is, whether it is whole and harmless, and which text it holds.

Runs as a program of its own (see ``bounded.py``), which reads the file from standard input and writes one line of JSON.
It bounds itself before it reads the first byte. It imports nothing of the portal: a file that breaks a parser breaks a
process that has no database, no settings and no secret.
"""

import io
import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any
from xml.parsers import expat

#: Address space, processor seconds and bytes of output of the process.
MEMORY_BYTES = 300 * 1024 * 1024
CPU_SECONDS = 6
OUTPUT_BYTES = 2 * 1024 * 1024

MAX_PAGES = 200
MAX_OBJECTS = 60_000
MAX_TEXT = 200_000
#: Of a DOCX, which is a ZIP: parts, bytes unpacked, and how many times its size a part may unpack to.
MAX_PARTS = 1_000
MAX_UNPACKED = 60 * 1024 * 1024
MAX_RATIO = 200
WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
#: Names of a PDF's active parts: scripts, programs to start, files inside the file, forms with code.
ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/XFA", "/RichMedia"})
ACTIVE_ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/Rendition"})
#: How documents of other kinds begin (WHATWG, MIME sniffing, section 7.1), and a PDF.
MARKUP = re.compile(
    r"\s*(<!doctype|<html|<head|<body|<script|<svg|<iframe|<h1|<div|<font|<table|<a[\s>]|<style|<title|<b[\s>]|<br|<p[\s>]"
    r"|<img|<object|<embed|<link|<meta|<base|<!--|<\?xml|<math|<[a-z]+:|%pdf-|%!ps|\{\\rtf|mz\x90|pk\x03)",
    re.IGNORECASE,
)
WORD_SPACE = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Unfit(Exception):
    """The file is not taken; the text says why, to the person who sent it."""


def look(content: bytes, extension: str) -> dict[str, Any]:
    """Return type, pages and text of a file whose name ends in ``extension``. Raises ``Unfit``."""
    if not content.strip(b"\x00 \t\r\n"):
        raise Unfit("This file is empty.")
    if extension == "pdf":
        return _pdf(content)
    if extension == "docx":
        return _docx(content)
    return _text(content)


def _pdf(content: bytes) -> dict[str, Any]:
    from pypdf import PdfReader  # noqa: PLC0415 -- the parent and the other types do without it
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    if not content.startswith(b"%PDF-"):
        raise Unfit("This is not a PDF, though its name says so.")
    if not content.rstrip(b"\x00 \t\r\n").endswith(b"%%EOF"):
        raise Unfit("This PDF is not whole: its end is missing, or something else follows it.")
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise Unfit("This file is two kinds of file at once.")
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Unfit("This PDF is locked with a password. Save it without one.")
        _refuse_active(reader)
        n_pages = len(reader.pages)
        if not 1 <= n_pages <= MAX_PAGES:
            raise Unfit(f"A PDF has between 1 and {MAX_PAGES} pages; this one has {n_pages}.")
        text = _joined(page.extract_text() for page in reader.pages)
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, OSError, AssertionError) as error:
        # Parsers meet broken files with whatever exception stands nearest.
        raise Unfit("This PDF is damaged and cannot be read.") from error
    return {"type": "pdf", "pages": n_pages, "text": text}


def _refuse_active(reader: Any) -> None:
    """Look at every object once: what is reachable and what hides."""
    numbers = {number for generation in reader.xref.values() for number in generation} | set(reader.xref_objStm)
    if len(numbers) > MAX_OBJECTS:
        raise Unfit("This PDF is too complicated. Print it to a new PDF and send that.")
    for number in sorted(numbers):
        generation = next((g for g, offsets in reader.xref.items() if number in offsets), 0)
        _refuse_active_part(_object(reader, number, generation), 0)
    _refuse_active_part(reader.trailer, 0)


def _object(reader: Any, number: int, generation: int) -> Any:
    from pypdf.generic import IndirectObject  # noqa: PLC0415

    return IndirectObject(number, generation, reader).get_object()


def _refuse_active_part(part: Any, depth: int) -> None:
    if depth > 40:
        raise Unfit("This PDF is too complicated. Print it to a new PDF and send that.")
    if isinstance(part, dict):
        if ACTIVE_KEYS & part.keys() or str(part.get("/S", "")) in ACTIVE_ACTIONS:
            raise Unfit("This PDF holds a script, a form with code or another file. Print it to a new PDF.")
        inner: Iterable[Any] = [dict.__getitem__(part, key) for key in part]
    elif isinstance(part, list):
        inner = list(list.__iter__(part))
    else:
        return
    for one in inner:
        if isinstance(one, dict | list):
            _refuse_active_part(one, depth + 1)


def _docx(content: bytes) -> dict[str, Any]:
    if not content.startswith(b"PK\x03\x04"):
        raise Unfit("This is not a DOCX, though its name says so.")
    # Nothing may stand after the table of contents: its last record, without a comment, is the end of the file.
    if b"%PDF-" in content[:1024] or content[-22:-18] != b"PK\x05\x06":
        raise Unfit("This DOCX is not whole, or something else is hidden in it.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive, len(content))
            return {"type": "docx", "pages": None, "text": _word_text(archive)}
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        expat.ExpatError,
        KeyError,
        ValueError,
        OSError,
        EOFError,
        zlib.error,
    ) as error:
        raise Unfit("This DOCX is damaged and cannot be read.") from error
    except (NotImplementedError, RuntimeError) as error:  # what zipfile raises for unknown packing and for passwords
        raise Unfit("This DOCX is locked with a password or packed in an unusual way.") from error


def _check_parts(archive: zipfile.ZipFile, size: int) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", "word/document.xml"} <= names:
        raise Unfit("This is not a DOCX, though its name says so.")
    if len(parts) > MAX_PARTS or len(names) != len(parts):
        raise Unfit("This DOCX has too many parts.")
    for part in parts:
        if part.flag_bits & 1:
            raise Unfit("This DOCX is locked with a password. Save it without one.")
        if part.filename.startswith(("/", "\\")) or ".." in part.filename.replace("\\", "/").split("/"):
            raise Unfit("This DOCX names places outside itself.")
        if part.file_size > 64 * 1024 and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise Unfit("This DOCX unpacks to far more than its size.")
        name = part.filename.lower()
        if "vbaproject" in name or "/activex/" in name or "/embeddings/" in name or name.endswith((".bin", ".exe")):
            raise Unfit("This DOCX holds a macro or another file. Save it as a plain DOCX, or as a PDF.")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise Unfit("This DOCX unpacks to far more than its size.")
    types = _read(archive, "[Content_Types].xml").decode("utf-8", "replace")
    if WORD_MAIN not in types or "macroEnabled" in types:
        raise Unfit("This is not a plain DOCX. Save it as DOCX without macros, or as a PDF.")
    for part in parts:  # every part is whole: its checksum is compared to the end
        _read(archive, part.filename)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Unpack one part, never more of it than its own entry declares."""
    with archive.open(name) as file:
        declared = archive.getinfo(name).file_size
        found = file.read(declared + 1)
        if len(found) > declared:
            raise Unfit("This DOCX unpacks to far more than its size.")
        return found


def _word_text(archive: zipfile.ZipFile) -> str:
    """Return the words of the main part. Declarations of entities are refused: they are how XML is made to explode."""
    words: list[str] = []
    inside: list[str] = []

    def start(name: str, _attributes: Any) -> None:
        inside.append(name)
        if name == f"{WORD_SPACE}tab":
            words.append("\t")
        elif name in {f"{WORD_SPACE}br", f"{WORD_SPACE}cr"}:
            words.append("\n")

    def end(name: str) -> None:
        inside.pop()
        if name == f"{WORD_SPACE}p":
            words.append("\n")

    def characters(text: str) -> None:
        if inside and inside[-1] == f"{WORD_SPACE}t":
            words.append(text)

    def refuse(*_: Any) -> None:
        raise Unfit("This DOCX declares entities, which no word processor writes.")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = lambda name, attributes: start("{" + name, attributes)
    parser.EndElementHandler = lambda name: end("{" + name)
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.Parse(_read(archive, "word/document.xml"), True)
    return _joined(["".join(words)])


def _text(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unfit("This is not plain text in UTF-8. Save it as UTF-8, or send a PDF.") from error
    if re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", text):
        raise Unfit("This is not plain text: it holds control characters.")
    if MARKUP.match(text):
        raise Unfit("This is a web page, a drawing or another kind of file, and not plain text.")
    return {"type": "text", "pages": None, "text": _joined([text])}


def _joined(parts: Iterable[str]) -> str:
    """Join texts up to the limit, without what no database keeps."""
    found, length = [], 0
    for part in parts:
        found.append(part[: MAX_TEXT - length])
        length += len(found[-1])
        if length >= MAX_TEXT:
            break
    text = "\n\n".join(found).replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def bound() -> None:
    """Give up memory, time and the right to write, for good."""
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(limit, (value, value))


def main() -> None:
    """Read a file, print what it is."""
    bound()
    try:
        found = look(sys.stdin.buffer.read(), sys.argv[1])
    except Unfit as unfit:
        found = {"reason": str(unfit)}
    except (MemoryError, RecursionError):
        found = {"reason": "This file unpacks to far more than its size."}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
