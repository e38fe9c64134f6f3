"""The client closes its one connection in one thread while others are about to use it."""

import pytest

from crossthink_hub.errors import HubError
from crossthink_hub.hub.answers import speaking


def test_what_a_thread_finds_in_place_of_the_connection_is_said_in_plain_words() -> None:
    client = None
    with pytest.raises(HubError, match="broke off"), speaking("you/crossthink"):
        client.stream("GET", "/")


def test_a_mistake_of_ours_stays_one() -> None:
    with pytest.raises(AttributeError), speaking("you/crossthink"):
        "".stream()
