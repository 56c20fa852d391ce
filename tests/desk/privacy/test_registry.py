"""Every model that leads to a person is declared, and every text column of a row that stays."""

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import User
from mats_portal.desk.privacy.holding import Treatment
from mats_portal.desk.privacy.registry import APART, HOLDINGS, STAFF_WORK

TEXT = (models.CharField, models.TextField, models.JSONField, ArrayField, models.FileField)


def keys_of(model: type[models.Model]) -> list[models.Field]:
    return [one for one in model._meta.concrete_fields if isinstance(one, models.ForeignKey)]


def leading_to_people(everything: list[type[models.Model]]) -> set[str]:
    """Return the models from whose rows a chain of foreign keys leads to a person."""
    found = {User}
    while more := {one for one in everything if any(key.related_model in found for key in keys_of(one))} - found:
        found |= more
    return {one._meta.label for one in found}


def undeclared(everything: list[type[models.Model]]) -> set[str]:
    return leading_to_people(everything) - {one.model for one in HOLDINGS} - APART.keys()


def all_models() -> list[type[models.Model]]:
    return list(apps.get_models(include_auto_created=True))


def test_every_model_with_a_way_to_a_person_is_declared():
    found = leading_to_people(all_models())
    assert len(found) > 30, "the walk finds something"
    assert undeclared(all_models()) == set(), "declare these in mats_portal/desk/privacy/registry.py"


def test_a_model_that_nobody_declared_is_found():
    """The negative control: a model two steps away from a person."""

    class Scribble(models.Model):
        application = models.ForeignKey("applications.Application", on_delete=models.CASCADE)

        class Meta:
            app_label = "desk"

    try:
        assert undeclared([*all_models(), Scribble]) == {"desk.Scribble"}
    finally:
        del apps.all_models["desk"]["scribble"]
        apps.clear_cache()


@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda one: one.model)
def test_every_declaration_says_all_of_it(holding):
    """Its ways lead to a person, its columns exist, and no text of a row that stays is left unsaid."""
    assert holding.rows_of(0).count is not None
    str(holding.rows_of(0).query)
    columns = {one.name: one for one in holding.model_class._meta.concrete_fields}
    assert holding.empties.keys() | holding.plain <= columns.keys()
    assert bool(holding.copied) or bool(holding.withheld), "told, or said why not"
    assert holding.why
    if (
        holding.treatment is not Treatment.DELETE
        and holding.why != STAFF_WORK
        and not holding.model.startswith("streams.")
    ):
        texts = {name for name, one in columns.items() if isinstance(one, TEXT)}
        assert texts - holding.empties.keys() - holding.plain == set()


def test_the_account_comes_last():
    assert HOLDINGS[-1].model == "accounts.User"
    assert len({one.model for one in HOLDINGS}) == len(HOLDINGS)
