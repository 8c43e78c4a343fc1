"""A page that leads a new program to its first match. Its calls are the tests' too."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from matchmaking.api.schema import Page

AUTHORIZED = "Authorization: Bearer $TOKEN"


@dataclass(frozen=True)
class Call:
    """One call. `keeps` names a word for the calls after it, and where in this call's answer its value is."""

    title: StrOrPromise
    says: StrOrPromise
    path: str
    body: Mapping[str, object] | None = None
    key: str = ""
    keeps: tuple[str, str] | None = None

    @property
    def curl(self) -> str:
        """The call as a shell takes it; words of the calls before are its variables."""
        headers = [AUTHORIZED]
        if self.body is not None:
            headers += ["Content-Type: application/json", f"Idempotency-Key: {self.key}"]
        lines = [f'curl "$API{self.path}"', *(f'-H "{header}"' for header in headers)]
        if self.body is not None:
            lines.append(f"-d {shlex.quote(json.dumps(self.body))}")
        return " \\\n  ".join(lines)


CALLS = (
    Call(
        _("Read your organization"),
        _("The answer lists the organization that the token was made in. Keep its code."),
        "/organizations/",
        keeps=("CODE", ".results[0].code"),
    ),
    Call(
        _("State a need"),
        _(
            "Topics come from one list, which /topics/ tells. Priority 3 is urgent. Under the same "
            "Idempotency-Key the call is carried out once, however often it is sent. A new need counts "
            "within a minute."
        ),
        "/organizations/$CODE/needs/",
        {"topic": "flood-control", "priority": 3},
        "first-need",
    ),
    Call(
        _("List your recommendations"),
        _("The best come first. Each has a score, a band and the state of its answer. Keep the id of one."),
        "/recommendations/?page_size=5",
        keeps=("ID", ".results[0].id"),
    ),
    Call(
        _("Read why"),
        _(
            "“for_you” and “for_them” say in sentences what each side gains, “breakdown” how the score adds "
            "up. Reading it counts as seen."
        ),
        "/recommendations/$ID/",
    ),
    Call(
        _("Answer yes"),
        _(
            "When the other side has said yes too, “introduction” is the id of your introduction: "
            "/introductions/ has the contacts of both sides. A Chinese organization also sends "
            '"cross_border": true where its person has not agreed before.'
        ),
        "/recommendations/$ID/answer/",
        {"answer": "interested"},
        "first-yes",
    ),
)


class FirstMatch(Page):
    """Your first match in five calls."""

    template = "api/first_match.html"

    def context(self) -> dict[str, object]:
        return {"calls": CALLS, "api": f"{settings.SITE_URL}/api/v1"}
