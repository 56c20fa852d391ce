"""What a request asks once is asked again as soon as the request writes."""

import pytest

from accounts.models import User
from core.editions import once, one_reading
from tests.worlds import person

pytestmark = pytest.mark.django_db


def n_people() -> int:
    return once(("people",), User.objects.count)


def test_answer_is_kept_while_a_request_reads(django_assert_num_queries) -> None:
    with django_assert_num_queries(1), one_reading():
        assert n_people() == n_people() == 0


def test_answer_is_asked_again_once_the_request_has_written() -> None:
    with one_reading():
        assert n_people() == 0
        person("somebody new")
        assert n_people() == 1
        User.objects.all().delete()
        assert n_people() == 0


def test_nothing_is_kept_between_requests_or_outside_of_one() -> None:
    with one_reading():
        assert n_people() == 0
    person("somebody new")

    assert n_people() == 1
    with one_reading():
        assert n_people() == 1


def test_union_of_queries_counts_as_reading(django_assert_num_queries) -> None:
    with one_reading():
        n_people()
        list(User.objects.values_list("pk").union(User.objects.values_list("pk")))
        with django_assert_num_queries(0):
            assert n_people() == 0
