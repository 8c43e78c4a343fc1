"""What the staff's programs are answered: one example a component, as in `matchmaking.api.examples`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matchmaking.services.policies import standard_rules

VERSION = {"id": 1, "name": "standard", "version": 1}
POLICY = {
    "id": 2,
    "name": "standard",
    "version": 2,
    "state": "draft",
    "note": "Shorter lists.",
    "created_at": "2026-11-20T14:03:10Z",
    "activated_at": None,
    "scheduled_for": None,
    "skip_reason": "",
    "used_at": None,
}
RUN = {
    "id": 41,
    "policy": VERSION,
    "as_of": "2026-11-23",
    "top_k": 20,
    "state": "complete",
    "cause": "",
    "steps": {"all": 3, "done": 3, "quarantined": 0},
    "organizations": 812,
    "pairs": 164640,
    "requested_at": "2026-11-23T05:00:00Z",
    "started_at": "2026-11-23T05:00:01Z",
    "finished_at": "2026-11-23T05:00:09Z",
}
RULE = {
    "slug": "us-tx-sister-ties",
    "verdict": "blocked",
    "tie": "sister_tie",
    "begins_on": "2026-09-01",
    "ends_on": None,
    "explanation_en": "Cities of this state begin no new sister ties.",
    "explanation_zh": "该州城市不得新建友好城市关系。",
    "other_form_en": "",
    "other_form_zh": "",
    "citation": "Government Code 1.1",
    "citation_url": "https://law.example/government-code/1.1",
    "is_verified": False,
    "note": "",
}
ALLOWED: Mapping[str, Any] = {"verdict": "allowed", "rules": [], "notices": []}

STAFF_EXAMPLES: Mapping[str, Any] = {
    "Checked": {"problems": [{"field": "tau", "message": "tau is 0: give a number above 0, at most 1,000."}]},
    "Imported": {
        "dry_run": True,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "results": [{"line": 1, "code": "us-example-city", "result": "created", "errors": []}],
    },
    "OnePolicy": {**POLICY, "rules": {**standard_rules(), "top_k": 15}},
    "OneRun": {
        **RUN,
        "counts": {"scored": 164600, "tied": 61240, "excluded": {"refusal": 40}},
        "held_back": 0,
        "scoring_seconds": 4.2,
        "stage_seconds": {"read": 0.9, "score": 4.2, "merge": 0.4, "copy": 0.3, "attach": 0.2},
        "shards": [
            {"step": step, "index": 0, "state": "done", "attempt": 1, "seconds": seconds, "error": ""}
            for step, seconds in (("score", 4.2), ("merge", 0.9), ("propose", 1.3))
        ],
    },
    "PairRulings": {
        "one": "us-wichita",
        "other": "cn-kaifeng",
        "on": "2026-11-30",
        "pair": ALLOWED,
        "ties": [{"tie": "sister_tie", "ruling": {"verdict": "blocked", "rules": [RULE], "notices": []}}],
    },
    "Policy": POLICY,
    "Preview": {
        "run": 42,
        "state": "running",
        "cause": "",
        "as_of": "2026-11-23",
        "compared_with": VERSION,
        "requested_at": "2026-11-23T05:30:00Z",
        "finished_at": None,
        "progress": {"done": 1, "total": 4, "quarantined": 0},
        "summary": None,
    },
    "Run": RUN,
    "ScreeningList": {
        "name": "csl",
        "version": "2026-11-20",
        "dated": "2026-11-20",
        "is_stale": False,
        "entry_count": 24118,
        "imported_at": "2026-11-20T03:00:00Z",
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
    "Verdicts": {
        "results": [
            {
                "name": "Hangzhou Hikvision",
                "verdict": "hit",
                "score": 0.94,
                "entry": "Hangzhou Hikvision Digital Technology Co., Ltd.",
                "alias": "Hikvision",
                "list": "csl",
            },
            {
                "name": "Wichita Water",
                "verdict": "clear",
                "score": None,
                "entry": None,
                "alias": None,
                "list": None,
            },
        ]
    },
}
