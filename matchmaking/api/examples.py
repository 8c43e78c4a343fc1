"""What an answer looks like: one example a component of the schema, put into every operation that answers it.

A new component needs one entry. What an operation sends is shown beside it, by `OpenApiExample`, or here by
the component's name as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

EXAMPLES: Mapping[str, Any] = {
    "Area": AREA,
    "Introduction": INTRODUCTION,
    "IntroductionWithContacts": {
        **INTRODUCTION,
        "open": True,
        "contacts": {
            "own": [
                {
                    "name": "Ada Lowell",
                    "role": "Owner",
                    "email": "ada.lowell@springfield.example",
                    "language": "English",
                }
            ],
            "other": [
                {
                    "name": "李明",
                    "role": "Editor",
                    "email": "li.ming@hanzhou.example",
                    "language": "Simplified Chinese",
                }
            ],
        },
    },
    "Organization": ORGANIZATION,
    "Recommendation": RECOMMENDATION,
    "StaffOrganization": {name: value for name, value in ORGANIZATION.items() if name != "contact_email"},
    "StatedNeed": NEED,
    "StatedOffer": OFFER,
}


def show(operation: Mapping[str, Any]) -> None:
    """Put the examples into an operation's answers and its request, where it has none of its own."""
    done = [one for status, one in operation["responses"].items() if status.startswith("2")]
    for part in (*done, operation.get("requestBody", {})):
        for content in part.get("content", {}).values():
            found = _example(content.get("schema", {}))
            if found is not None and "examples" not in content:
                content["examples"] = {"Example": {"value": found}}


def _example(schema: Mapping[str, Any]) -> Any:
    """Of a component, of a page of them, or of a list of them."""
    if schema.get("type") == "array":
        inner = _example(schema["items"])
        return None if inner is None else [inner]
    name = schema.get("$ref", "").rpartition("/")[2]
    listed = name.removeprefix("Paginated").removesuffix("List")
    if name == f"Paginated{listed}List" and listed in EXAMPLES:
        return {"count": 1, "next": None, "previous": None, "results": [EXAMPLES[listed]]}
    return EXAMPLES.get(name)
