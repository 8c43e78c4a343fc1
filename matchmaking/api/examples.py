"""What an answer looks like: one example a component of the schema, put into every operation that answers it.

A new component needs one entry. What an operation sends is shown beside it, by `OpenApiExample`, or here by
the component's name as well. What is sent to the staff's programs is in `staff.examples`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alliances.importing import FileFormat, table_file
from matchmaking.api.staff.examples import STAFF_EXAMPLES

NEED = {
    "topic": "sponge-city",
    "priority": 3,
    "statement": "Keep 60 % of a heavy rain where it falls in the old town by 2028.",
}
OFFER = {"topic": "e-bus", "maturity": 3, "statement": "We have run 220 electric buses since 2019."}
ORGANIZATION = {
    "code": "us-city-springfield",
    "kind": "city",
    "country": "US",
    "state": "approved",
    "is_sample": False,
    "subtype": "",
    "name_en": "Springfield",
    "name_zh": "春田市",
    "aliases": [],
    "region": "OR",
    "population": 650000,
    "population_basis": "city_proper",
    "size_band": "",
    "latitude": 44.05,
    "longitude": -123.02,
    "website": "https://springfield.example",
    "summary_en": "We retrofit streets for heavy rain.",
    "summary_zh": "我们为应对强降雨改造街道。",
    "languages": ["en"],
    "seeks": ["city", "firm"],
    "refuses": [],
    "partnership_types": ["technical_cooperation", "pilot"],
    "stage": "in_development",
    "horizon": "12_to_18",
    "budget_band": "1m_to_5m",
    "capacity": 4,
    "contact_email": "office@springfield.example",
    "needs": [{"topic": NEED["topic"], "priority": 3}],
    "offers": [{"topic": OFFER["topic"], "maturity": 3}],
    "profile_confirmed_at": "2026-11-02T09:12:44Z",
    "updated_at": "2026-11-20T14:03:10Z",
}
# Whom it is recommended: never a contact.
CANDIDATE = {
    "code": "cn-city-hanzhou",
    "kind": "city",
    "subtype": "",
    "country": "CN",
    "is_sample": False,
    "name_en": "Hanzhou",
    "name_zh": "汉州市",
    "region": "Hubei",
    "population": 10400000,
    "population_basis": "city_proper",
    "size_band": "",
    "latitude": 30.6,
    "longitude": 114.3,
    "website": "https://hanzhou.example",
    "summary_en": "Sponge-city districts with eight years of measurements.",
    "summary_zh": "海绵城市示范区，已有八年监测数据。",
    "languages": ["zh", "en"],
    "seeks": ["city"],
    "partnership_types": ["technical_cooperation"],
    "stage": "replicated",
    "horizon": "12_to_18",
    "budget_band": "",
    "needs": [{"topic": "e-bus", "priority": 2}],
    "offers": [{"topic": "sponge-city", "maturity": 3}],
}


def _side(affinity: float, *shares: tuple[str, float]) -> dict[str, Any]:
    """A side of a breakdown: a base of 0.05, and these criteria at full value."""
    return {
        "affinity": affinity,
        "base": 0.05,
        "base_possible": 0.1,
        "criteria": [
            {"criterion": name, "value": 1.0, "weight": 0.5, "share": share, "possible": share, "known": True}
            for name, share in shares
        ],
        "reasons": [{"criterion": name, "share": share, "facts": {}} for name, share in shares],
    }


RECOMMENDATION = {
    "id": "5f3c9f0e-6f0b-4d0e-8a57-9d2f0c1b7a11",
    "organization": ORGANIZATION["code"],
    "kind": "city",
    "candidate": CANDIDATE,
    "state": "seen",
    "rank": 1,
    "score": 0.58,
    "band": "strong",
    "affinity": 0.65,
    "candidate_affinity": 0.51,
    "breakdown": {
        "seeker": _side(0.65, ("needs_met", 0.6)),
        "candidate": _side(0.51, ("offers_wanted", 0.46)),
    },
    "for_you": [{"criterion": "needs_met", "sentence": "They have proven sponge cities, which you need."}],
    "for_them": [
        {"criterion": "offers_wanted", "sentence": "You have proven electric buses; they need some."}
    ],
    "against": [],
    "released_at": "2026-11-23T06:00:00Z",
    "answer_by": "2026-12-18T06:00:00Z",
    "answer": None,
    "they_are_interested": False,
    "introduction": None,
    "disclosure": "named",
    "sponsors": [],
}
INTRODUCTION = {
    "id": "0c8e0d3a-41c5-4b6f-9a55-5d7c1f2e9b60",
    "organization": ORGANIZATION["code"],
    "other": {
        name: CANDIDATE[name] for name in ("code", "kind", "country", "is_sample", "name_en", "name_zh")
    },
    "made_at": "2026-11-25T08:30:00Z",
    "closed_at": None,
}
AREA = {
    "slug": "clean-water",
    "name_en": "Clean water",
    "name_zh": "清洁水",
    "definition_en": "Water that is safe to drink, and what rain and waste water do.",
    "definition_zh": "饮用水安全、雨水与污水。",
    "topics": [
        {
            "slug": "sponge-city",
            "name_en": "Sponge city",
            "name_zh": "海绵城市",
            "definition_en": "Streets, roofs and parks that hold rain back",
            "definition_zh": "能蓄留雨水的街道、屋顶与公园",
        }
    ],
}

PARTY_FIELDS = ("code", "kind", "country", "is_sample", "name_en", "name_zh")
CITY = {name: CANDIDATE[name] for name in PARTY_FIELDS}
ALLIANCE = {
    "code": "cn-water-league",
    "kind": "alliance",
    "country": "CN",
    "is_sample": False,
    "name_en": "Water League",
    "name_zh": "水务联盟",
}
LISTED = {
    name: CANDIDATE[name]
    for name in (
        *("code", "kind", "subtype", "country", "is_sample", "name_en", "name_zh", "region", "population"),
        *("population_basis", "size_band", "needs", "offers"),
    )
}
ENDORSED = {name: ALLIANCE[name] for name in ("code", "name_en", "name_zh")}
AGENCY = {
    "slug": "cn-mohurd",
    "country": "CN",
    "abbreviation": "MOHURD",
    "name_en": "Ministry of Housing and Urban-Rural Development",
    "name_zh": "住房和城乡建设部",
    "role_en": "National smart city pilots",
    "group": "CN 25-ministry smart city working group",
    "alliances": [ENDORSED],
}
LISTED_ALLIANCE = {
    **LISTED,
    **ALLIANCE,
    "population": None,
    "population_basis": "",
    "agencies": [AGENCY["slug"]],
}
ENTRY = {
    **LISTED,
    "needs": [{"topic": "e-bus", "priority": 2, "statement": "", "members": 0}],
    "offers": [{"topic": "sponge-city", "maturity": 3, "statement": "", "members": 0}],
    **{
        name: CANDIDATE[name]
        for name in (
            *("website", "summary_en", "summary_zh", "languages", "seeks", "partnership_types", "stage"),
            *("horizon", "budget_band"),
        )
    },
    "references": [],
    "agencies": [],
}
MEMBERSHIP = {
    "alliance": ALLIANCE,
    "member": CITY,
    "state": "invited",
    "waits_for": "member",
    "since": "2026-11-18T07:40:00Z",
}
MEMBER_RECOMMENDATION = {
    "id": "2b0d7c54-7a0e-4d53-9f0a-64a4f1f7b8c2",
    "member": CITY,
    "candidate": {name: ORGANIZATION[name] for name in PARTY_FIELDS},
    "kind": "city",
    "score": 0.58,
    "band": "strong",
    "reason": "They have proven electric buses, which you need.",
    "standing": "waiting",
    "may_be_sponsored": True,
    "sponsored": False,
    "sponsored_at": None,
}
RECOMMENDATION_ROW = {
    **{
        name: RECOMMENDATION[name]
        for name in (
            *("id", "organization", "state", "rank", "score", "affinity", "candidate_affinity"),
            *("released_at", "answer", "introduction"),
        )
    },
    **{name: CANDIDATE[name] for name in ("kind", "code", "country", "region", "name_en", "name_zh")},
}
INTRODUCTION_ROW = {
    **{name: INTRODUCTION[name] for name in ("id", "organization", "made_at", "closed_at")},
    **{name: CITY[name] for name in ("code", "kind", "country", "name_en", "name_zh")},
}
COUNTS = {"recommended": 6, "seen": 4, "interested": 2, "introduced": 1, "sponsored": 0}
BENEFIT = {"code": CITY["code"], "name_en": CITY["name_en"], "name_zh": CITY["name_zh"]}
REPORT = {
    "alliance": ALLIANCE["code"],
    "quarter": "2026-Q4",
    "first_day": "2026-10-01",
    "last_day": "2026-12-31",
    "members": [{**BENEFIT, "counts": COUNTS}],
    "total": COUNTS,
}
WEBHOOK = {
    "id": "7d9f2a11-3c55-4a0b-9a57-0f6d1c2b7e30",
    "organization": ORGANIZATION["code"],
    "url": "https://crm.springfield.example/hooks/partners",
    "events": ["recommendation.released", "introduction.made"],
    "enabled": True,
    "disabled_for": "",
    "disabled_at": None,
    "created_at": "2026-11-20T14:03:10Z",
}
DELIVERY = {
    "id": "0b9f6b1e-5c1c-4a0e-9d1b-2f8a4a7c1d3e",
    "event": "recommendation.released",
    "state": "delivered",
    "tries": 1,
    "status": 204,
    "error": "",
    "created_at": "2026-11-23T06:00:00Z",
    "delivered_at": "2026-11-23T06:00:01Z",
    "next_try_at": None,
}


def _page(row: Any, **more: Any) -> dict[str, Any]:
    """A list of one row."""
    return {"count": 1, "next": None, "previous": None, "results": [row], **more}


EXAMPLES: Mapping[str, Any] = {
    "Agency": AGENCY,
    "Area": AREA,
    "Delivery": DELIVERY,
    "Entry": ENTRY,
    "Introduction": INTRODUCTION,
    "IntroductionWithContacts": {
        **INTRODUCTION,
        "open": True,
        "contacts": {
            "own": [
                {
                    "name": "Ada Lowell",
                    "role": "Team lead on this site",
                    "email": "ada.lowell@springfield.example",
                    "language": "English",
                }
            ],
            "other": [
                {
                    "name": "李明",
                    "role": "Team member on this site",
                    "email": "li.ming@hanzhou.example",
                    "language": "Simplified Chinese",
                }
            ],
        },
    },
    "IntroductionRow": INTRODUCTION_ROW,
    "MemberRecommendation": MEMBER_RECOMMENDATION,
    "Membership": MEMBERSHIP,
    "Organization": ORGANIZATION,
    "PaginatedAllianceList": _page(LISTED_ALLIANCE, alike=False),
    "PaginatedListedList": _page(LISTED, alike=False),
    "Recommendation": RECOMMENDATION,
    "RecommendationRow": RECOMMENDATION_ROW,
    "Report": REPORT,
    "StaffOrganization": {
        **{name: value for name, value in ORGANIZATION.items() if name != "contact_email"},
        "state_reasons": [],
        "state_reason": "",
    },
    "StatedNeed": NEED,
    "StatedOffer": OFFER,
    "Webhook": WEBHOOK,
    "WebhookWithSecret": {**WEBHOOK, "secret": "whsec_k3Jp0y8mQ1s7uV2xY5zA8bC1dE4fG7hJ0kL3mN6pQ9r"},
    **STAFF_EXAMPLES,
}


def show(operation: Mapping[str, Any]) -> None:
    """Put the examples into an operation's answers and its request, where it has none of its own."""
    done = [one for status, one in operation["responses"].items() if status.startswith("2")]
    for part in (*done, operation.get("requestBody", {})):
        contents = part.get("content", {})
        for media_type, content in contents.items():
            is_file = media_type == "text/csv"
            found = _example(contents["application/json"]["schema"] if is_file else content["schema"])
            if found is not None and "examples" not in content:
                content["examples"] = {"Example": {"value": _file(found) if is_file else found}}


def _file(told: Any) -> str:
    """The same as a file: its rows, or of the report its members."""
    rows = told if isinstance(told, list) else [{**BENEFIT, **one["counts"]} for one in told["members"]]
    return table_file([[*row.values()] for row in rows], [*rows[0]], FileFormat.CSV).decode("utf-8-sig")


def _example(schema: Mapping[str, Any]) -> Any:
    """Of a component, of a page of them, or of a list of them."""
    if schema.get("type") == "array":
        inner = _example(schema["items"])
        return None if inner is None else [inner]
    name = schema.get("$ref", "").rpartition("/")[2]
    listed = name.removeprefix("Paginated").removesuffix("List")
    if name not in EXAMPLES and name == f"Paginated{listed}List" and listed in EXAMPLES:
        return _page(EXAMPLES[listed])
    return EXAMPLES.get(name)
