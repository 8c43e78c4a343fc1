"""The register and the engine know nothing of each other and use the same words."""

import pytest
from django.db.models import TextChoices

from alliances import enums
from matchmaking import enums as service
from matchmaking.engine import names


@pytest.mark.parametrize(
    ("stored", "known"),
    [
        (enums.Country, names.COUNTRIES),
        (enums.Kind, names.KINDS),
        (enums.SizeBand, names.SIZE_BANDS),
        (enums.WorkingLanguage, names.LANGUAGES),
        (enums.PartnershipType, names.PARTNERSHIP_TYPES),
        (enums.Stage, names.STAGES),
        (enums.Horizon, names.HORIZONS),
        (enums.BudgetBand, names.BUDGET_BANDS),
        (service.Band, names.BANDS),
    ],
)
def test_same_words_in_the_same_order(stored: type[TextChoices], known: tuple[str, ...]) -> None:
    assert tuple(stored.values) == tuple(known)
