"""Numbers as phones and loggers write them."""

import pytest

from gateway.codecs.readings import not_below, number


@pytest.mark.parametrize(("written", "read"), [("1.5", 1.5), (2, 2.0), (-0.5, -0.5), ("1e3", 1e3)])
def test_a_number_is_one_however_it_is_written(written, read):
    assert number(written) == read


@pytest.mark.parametrize(
    "written", [None, True, "", "a", "1_000", "1" * 400, "nan", "inf", [1], {}, 10**400]
)
def test_what_is_no_number_is_not_known(written):
    assert number(written) is None


@pytest.mark.parametrize(("written", "read"), [(-1, None), (0, 0.0), ("-1", None), ("3", 3.0)])
def test_what_is_below_the_least_is_not_known(written, read):
    assert not_below(written) == read
