"""An order is what its events say, and they have to be whole."""

import pytest

from patrol.errors import StateError
from patrol.workorders.history import fold, replay
from tests.workorders import PHOTO, WORKER, Played


def test_events_have_to_begin_with_the_first_one() -> None:
    played = Played()
    played.take("settle", WORKER, photos=(PHOTO,))
    with pytest.raises(StateError, match="begins with settle 2"):
        replay(played.events[1:])


def test_events_have_to_be_whole() -> None:
    played = Played().to_department()
    with pytest.raises(StateError, match="does not follow"):
        fold(replay(played.events[:1]), played.events[2])


def test_an_order_without_events_is_none() -> None:
    with pytest.raises(StateError, match="without events"):
        replay([])
