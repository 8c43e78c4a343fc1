"""A recommendation, and the desk at which its record is read."""

from __future__ import annotations

import pytest
from django.test import Client

from alliances.enums import Country
from alliances.models import User
from matchmaking.models import Recommendation
from tests.factories import make_user
from tests.matchmaking.scenes import make_scene


@pytest.fixture
def curator() -> User:
    return make_user(name="Ada Curator", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


@pytest.fixture
def one() -> Recommendation:
    """To an American city: the first of two Chinese cities, which are equals."""
    make_scene()
    return Recommendation.objects.filter(seeker__country=Country.US, kind="city").order_by("rank")[0]
