"""Files of the applicant: send, take back, correct what was read out of them."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from applications.domain.documents import correct_text, remove_document, store_document
from applications.domain.values import NoAnswer
from applications.forms.files import TextForm
from applications.models import Application, Document
from applications.queries import own_documents
from applications.queries.fields import field_of
from applications.queries.files import content_type, file_page
from applications.queries.sheets import Asked, Place, parts
from core.http import attachment
from core.policies import LOGIN, policy
from core.refusals import Refused


def keep_file(
    request: HttpRequest, application: Application, place: Place, asked: Asked, upload: UploadedFile | None
) -> None:
    """Store what was chosen for one question, or take its file away if that button was pressed."""
    where = {
        "application": application,
        "item": asked.item,
        "scope": place.scope,
        "scope_key": place.scope_key,
        "by": request.user,
    }
    if upload is not None:
        store_document(upload=upload, **where)
    elif request.POST.get("remove-file") == str(asked.item.pk):
        remove_document(**where)


def autosave_file(request: HttpRequest, application: Application, place: Place, asked: Asked) -> HttpResponse:
    """Store a file for the script of the page and answer with what now stands in the field."""
    try:
        keep_file(request, application, place, asked, request.FILES.get("value"))
    except NoAnswer as wrong:
        return JsonResponse({"error": str(wrong)}, status=422)
    except Refused as refused:
        return JsonResponse({"error": str(refused)}, status=409)
    fresh = [one for part in parts(application, [place])[place] for one in part.items if one.item.pk == asked.item.pk]
    return render(request, "components/_answer_file.html", {"item": field_of(fresh[0])})


@policy(LOGIN, document=own_documents)
@require_safe
def file(request: HttpRequest, document: Document) -> FileResponse:
    """Give a person their own file back."""
    return attachment(storage_name=document.storage_name, name=document.name, content_type=content_type(document))


@policy(LOGIN, document=own_documents)
@require_http_methods(["GET", "HEAD", "POST"])
def file_text(request: HttpRequest, document: Document) -> HttpResponse:
    """Show what was read out of a file by machine, to be corrected."""
    page = file_page(document)
    form = TextForm(request.POST if request.method == "POST" else None, initial={"text": page.text})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                correct_text(document=document, text=form.cleaned_data["text"], by=request.user)
            except NoAnswer as wrong:
                form.add_error("text", str(wrong))
            except Refused as refused:
                form.add_error(None, str(refused))
                status = 409
            else:
                messages.success(request, "The text is kept.")
                return redirect("applications:file_text", document=document.public_id)
    return render(
        request,
        "applications/file_text.html",
        {"file": page, "form": form, "errors_on_page": bool(form.errors)},
        status=status,
    )
