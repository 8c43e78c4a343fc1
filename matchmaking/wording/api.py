"""What the API's documentation says of it as a whole: its limits, and how long what it promises holds.

Paragraphs are Markdown, as a schema's description is.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

# Before what is deprecated goes.
MONTHS_OF_NOTICE = 12


def about() -> str:
    """The description of the schema."""
    return f"{_whole()}\n\n{limits()}\n\n{versions()}"


def _whole() -> str:
    return _(
        "What the portal shows and takes, for programs, under the same rules. Make a token on the portal's "
        "page “API tokens” and send it as “Authorization: Bearer …”. Texts come in the language of "
        "Accept-Language: en or zh-hans. Times are ISO 8601 in UTC."
    )


def limits() -> str:
    """How often a program may call, and how much it sends."""
    text = _(
        "**Limits.** With all their tokens and sessions together, a person may call %(user)s times a minute, "
        "and of these %(answer)s times to answer, %(screening)s to screen, %(import)s to import, %(export)s "
        "to export, %(run)s to ask for a run or a preview and %(webhook)s to change webhooks or send their "
        "deliveries again. Who sends neither may call %(anon)s times from an address. A body has at most "
        "%(size)s KB, but for imports. Every answer tells the limits in "
        "`RateLimit-Policy` and what is left of them in `RateLimit` (draft-ietf-httpapi-ratelimit-headers): "
        "`q` calls in `w` seconds, `r` left for another `t` seconds. One call too many is answered 429, and "
        "`Retry-After` says in how many seconds to come back."
    )
    return text % {**settings.API_LIMITS, "size": settings.API_MAX_BYTES // 1024}


def versions() -> str:
    """What may change under a program's feet, and how it is told before."""
    text = _(
        "**Versions.** The version is part of the address: /api/v1/. Within a version we only add: "
        "operations, parameters that may be left out, fields of answers, words of a vocabulary, codes of "
        "refusals. Programs pass over what they do not know. Whatever would break a program that keeps to "
        "this page comes in a new version beside the old one.\n\n"
        "**Deprecation.** What is going to be taken away is announced at least %(months)s months before. "
        "From then on the schema marks it `deprecated`, and each of its answers has three headers: "
        "`Deprecation` (RFC 9745) since when, `Sunset` (RFC 8594) until when it answers, and `Link` with "
        '`rel="deprecation"` to what takes its place. Have your program log these headers. Only what harms '
        "people or their data may go sooner."
    )
    return text % {"months": MONTHS_OF_NOTICE}
