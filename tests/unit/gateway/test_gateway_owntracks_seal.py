"""Commands for phones are sealed by the phone's key alone."""

import pytest

from gateway.codecs.owntracks.commands import seal
from patrol.errors import InputError


def test_a_key_that_is_longer_than_a_phone_can_have_is_refused() -> None:
    with pytest.raises(InputError, match="33 bytes: 32 at most"):
        seal(b"{}", b"k" * 33, nonce=b"n" * 24)
