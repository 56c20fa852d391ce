"""What staff enter about who is close to whom."""

import csv
import io

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.models import User

MAX_BYTES = 500_000
MAX_LINES = 5_000


class CoAuthorForm(forms.Form):
    """The co-authors of one reviewer."""

    reviewer = forms.EmailField(
        label="Reviewer", help_text="Their e-mail address here.", error_messages={"required": "Give an address"}
    )
    file = forms.FileField(
        label="A CSV file",
        help_text="Columns: name, email; one of the two may be empty. It takes the place of an earlier list.",
        error_messages={"required": "Choose a file", "empty": "The file is empty"},
    )

    def clean_reviewer(self) -> User:
        """Find the person."""
        user = User.objects.filter(email=self.cleaned_data["reviewer"].lower()).first()
        if user is None:
            raise ValidationError("Nobody has an account with this address.")
        return user

    def clean_file(self) -> list[tuple[str, str]]:
        """Read names and addresses."""
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise ValidationError("The file is larger than 500 kB. Split it.")
        try:
            text = upload.read().decode("utf-8-sig")
            rows = list(
                csv.reader(io.StringIO(text), delimiter=";" if ";" in text.partition("\n")[0] else ",", strict=True)
            )
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValidationError("The file is not a CSV table in UTF-8.") from error
        if "\x00" in text:
            raise ValidationError("The file is not a text file.")
        return _people(rows)


def _people(rows: list[list[str]]) -> list[tuple[str, str]]:
    names = [cell.strip().lower() for cell in rows[0]] if rows else []
    if "name" not in names or "email" not in names:
        raise ValidationError("The first line has to name the columns name and email.")
    if len(rows) > MAX_LINES:
        raise ValidationError(f"The file has more than {MAX_LINES} lines.")
    people = []
    for number, row in enumerate(rows[1:], 2):
        cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
        name, email = cells.get("name", "")[:200], cells.get("email", "").lower()
        if email:
            try:
                validate_email(email)
            except ValidationError as error:
                raise ValidationError(f"Line {number}: “{email[:60]}” is no e-mail address.") from error
        if name or email:
            people.append((name, email))
    if not people:
        raise ValidationError("The file names nobody.")
    return people
