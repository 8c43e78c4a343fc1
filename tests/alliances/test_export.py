"""The register as a file: importing it again changes nothing, and nothing in it runs."""

from __future__ import annotations

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alliances.enums import Kind, MembershipState
from alliances.importing import read_csv_rows, write_csv
from alliances.importing.entries import VALUE_FIELDS
from alliances.importing.organizations import COLUMNS, organization_rows
from alliances.models import Agency, AllianceMembership, AlliancePatron, Organization, RegisterEvent
from alliances.services.organization_import import import_organizations
from alliances.services.register import SaveResult
from tests.factories import make_organization
from tests.sizes import size

pytestmark = pytest.mark.usefixtures("reference")


def exported() -> bytes:
    stream = io.StringIO(newline="")
    write_csv(organization_rows(), COLUMNS, stream)
    return stream.getvalue().encode("utf-8-sig")


def test_what_was_exported_changes_nothing() -> None:
    alliance = make_organization(
        "us-z",
        kind=Kind.ALLIANCE,
        name_en="'=1+1",
        name_zh="＠全角",
        aliases=["=A", "-B"],
        summary_en='"quoted", and\r\nbroken; =2',
        summary_zh="+摘要\n@x",
        latitude=-0.1,
        longitude=-122.4194155,
        languages=["en", "zh"],
        seeks=["city"],
        capacity=0,
        needs={"air-quality": 3, "drinking-water": 1},
        offers={"flood-control": 2},
    )
    member, former = make_organization("us-m"), make_organization("us-f")
    AlliancePatron.objects.create(alliance=alliance, agency=Agency.objects.get(slug="cn-miit"))
    AllianceMembership.objects.create(alliance=alliance, member=member, state=MembershipState.CONFIRMED)
    AllianceMembership.objects.create(alliance=alliance, member=former, state=MembershipState.LAPSED)
    before = list(Organization.objects.order_by("pk").values())
    assert import_organizations(exported(), file_name="x.csv") == SaveResult(0, 0, 3)
    assert list(Organization.objects.order_by("pk").values()) == before
    assert RegisterEvent.objects.count() == 0
    row = read_csv_rows(exported()).rows[2]
    cells = dict(zip(COLUMNS, row.cells, strict=True))
    assert (cells["longitude"], cells["members"], cells["patron"]) == ("-122.4194155", "us-m", "cn-miit")
    assert cells["needs"] == "air-quality:3|drinking-water:1"


def test_no_cell_of_the_file_starts_a_formula() -> None:
    make_organization("us-z", name_en="=HYPERLINK(1)", name_zh="＝1", aliases=["@x"], summary_en=" -1")
    line = exported().decode("utf-8-sig").splitlines()[1]
    assert line.startswith("us-z,city,,US,'=HYPERLINK(1),'＝1,'@x,")
    assert ",' -1," in line


NAME = st.text(st.sampled_from("'=+-@|%＝;,\"ab张 "), min_size=1, max_size=12).map(str.strip).filter(bool)
LINES = st.text(st.sampled_from("'=+-@|%＝;,\"ab张 \n\t"), max_size=20).map(str.strip)
ALIAS = NAME.map(lambda name: name.replace("|", "/").replace(";", "/").strip()).filter(bool)


@settings(
    max_examples=size(small=25, ci=60, full=300),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=NAME,
    summary=LINES,
    aliases=st.lists(ALIAS, max_size=3, unique=True),
    place=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
)
def test_any_profile_comes_back_as_it_was(
    name: str, summary: str, aliases: list[str], place: tuple[float, float] | None
) -> None:
    latitude, longitude = place or (None, None)
    Organization.objects.all().delete()
    make_organization(
        "us-x",
        name_en=name,
        name_zh=name,
        summary_en=summary,
        aliases=aliases,
        latitude=latitude,
        longitude=longitude,
    )
    before = Organization.objects.values(*VALUE_FIELDS).get()
    assert import_organizations(exported(), file_name="x.csv") == SaveResult(0, 0, 1)
    assert Organization.objects.values(*VALUE_FIELDS).get() == before
    # And the same from nothing.
    content = exported()
    Organization.objects.all().delete()
    assert import_organizations(content, file_name="x.csv") == SaveResult(1, 0, 0)
    assert Organization.objects.values(*VALUE_FIELDS).get() == before
