"""Questions for a file in the small world, and files to answer them with."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from applications.domain.documents import store_document
from applications.models import Answer, Application, Document
from applications.queries.sheets import Asked, Place, general_place, parts
from mats_portal.demo.files import pdf
from questions.models import Form, FormItem, Question
from questions.states import DataClass, FormState, QuestionKind


def ask_for_file(
    form: Form, code: str = "cv", *, data_class: str = DataClass.DOCUMENT, required: bool = False
) -> FormItem:
    """Add a question for a file to the published version of a form."""
    question, _ = Question.objects.get_or_create(
        code=code,
        defaults={
            "kind": QuestionKind.FILE,
            "canonical_meaning": code,
            "text": f"Your {code}",
            "effort_minutes": 2,
            "data_class": data_class,
        },
    )
    version = form.versions.get(state=FormState.PUBLISHED)
    last = version.items.order_by("-order").first()
    return FormItem.objects.create(
        version=version, question=question, order=last.order + 1, section=last.section, required=required
    )


def upload(name: str = "curriculum.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    """Return a file as a page receives it."""
    return SimpleUploadedFile(name, pdf(["Ada Example", "Built a small test."]) if content is None else content)


def asked_for(application: Application, code: str = "cv", place: Place | None = None) -> Asked:
    """Return the question for a file as it stands now."""
    place = place or general_place(application)
    return next(one for part in parts(application, [place])[place] for one in part.items if one.question.code == code)


def send(application: Application, file: Any = None, *, code: str = "cv", place: Place | None = None) -> Answer:
    """Answer a question with a file."""
    place = place or general_place(application)
    return store_document(
        application=application,
        item=asked_for(application, code, place).item,
        scope=place.scope,
        scope_key=place.scope_key,
        upload=upload() if file is None else file,
        by=application.person,
    )


def document_of(answer: Answer) -> Document:
    """Return the stored file of an answer."""
    return Document.objects.get(public_id=answer.value["id"])
