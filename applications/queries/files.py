"""Files as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime

from applications.models import Document
from applications.queries.values import file_words
from applications.states import DocumentType

#: What a browser is told a file is: our own finding, never what the sender's browser said.
CONTENT_TYPES = {
    DocumentType.PDF: "application/pdf",
    DocumentType.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    DocumentType.TEXT: "text/plain; charset=utf-8",
}
ENDINGS = {DocumentType.PDF: "pdf", DocumentType.DOCX: "docx", DocumentType.TEXT: "txt"}


@dataclass(frozen=True)
class FilePage:
    """One file and the text that was read out of it."""

    public_id: str
    name: str
    words: str
    pages: int | None
    question: str
    uploaded_at: datetime
    text: str
    is_corrected: bool


def file_page(document: Document) -> FilePage:
    """Return what the page of one file shows."""
    corrected = document.corrected_text
    return FilePage(
        public_id=document.public_id,
        name=document.name,
        words=file_words({"bytes": document.size, "type": document.type}),
        pages=document.pages,
        question=document.question.text,
        uploaded_at=document.uploaded_at,
        text=document.text if corrected is None else corrected,
        is_corrected=corrected is not None,
    )


def content_type(document: Document) -> str:
    """Return as what a file is handed out."""
    return CONTENT_TYPES[DocumentType(document.type)]


def nameless(document: Document) -> str:
    """Return a file name that says nothing about its sender: for readers who read without names."""
    return f"document-{document.public_id[:8]}.{ENDINGS[DocumentType(document.type)]}"
