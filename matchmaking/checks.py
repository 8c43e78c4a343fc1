"""Start-up checks: bad combinations of settings are refused before they can do harm."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def demo_is_not_deployed(**_: Any) -> list[CheckMessage]:
    if settings.DEMO and not settings.DEBUG:
        return [
            Error("DEMO=1 relaxes cookies, TLS and staff sign-in.", hint="Unset DEMO.", id="matchmaking.E001")
        ]
    return []


@register(Tags.security, deploy=True)
def staff_need_a_second_factor(**_: Any) -> list[CheckMessage]:
    guarded = "matchmaking.middleware.second_factor.StaffSecondFactor" in settings.MIDDLEWARE
    if not settings.DEBUG and not (settings.ADMIN_REQUIRE_MFA and guarded):
        return [
            Error(
                "The curation desk opens without a second factor.",
                hint="Set ADMIN_REQUIRE_MFA and keep StaffSecondFactor in MIDDLEWARE.",
                id="matchmaking.E005",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def site_is_https(**_: Any) -> list[CheckMessage]:
    if not settings.SITE_URL.startswith("https://"):
        return [
            Error(
                f"SITE_URL is {settings.SITE_URL}; links in mail would be unencrypted.",
                hint="Set SITE_URL to the https:// address of the site.",
                id="matchmaking.E002",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def link_key_is_its_own(**_: Any) -> list[CheckMessage]:
    if settings.LINK_KEY == settings.SECRET_KEY:
        return [
            checks.Warning(
                "LINK_KEY is not set: rotating SECRET_KEY would break unsubscribe links already mailed.",
                hint="Set LINK_KEY to a random key of its own.",
                id="matchmaking.W001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def token_key_is_its_own(**_: Any) -> list[CheckMessage]:
    if settings.TOKEN_KEYS[0] == settings.SECRET_KEY:
        return [
            checks.Warning(
                "TOKEN_KEY is not set: rotating SECRET_KEY would end every API token.",
                hint="Set TOKEN_KEY to a random key of its own.",
                id="matchmaking.W002",
            )
        ]
    return []


@register(deploy=True)
def mail_has_a_sender(**_: Any) -> list[CheckMessage]:
    missing = [name for name in ("DEFAULT_FROM_EMAIL", "POSTAL_ADDRESS") if not getattr(settings, name)]
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        missing.append("FROM_EMAIL")
    return [
        Error(f"{name} is not set; bulk mail must carry it.", id="matchmaking.E003")
        for name in sorted(set(missing))
    ]


@register()
def lease_outlives_the_sweep(**_: Any) -> list[CheckMessage]:
    if settings.LEASE_SECONDS < 2 * settings.SWEEP_SECONDS:
        return [
            Error(
                f"LEASE_SECONDS ({settings.LEASE_SECONDS}) is under twice SWEEP_SECONDS "
                f"({settings.SWEEP_SECONDS}).",
                hint="A lease must outlive two sweeps; raise LEASE_SECONDS.",
                id="matchmaking.E004",
            )
        ]
    return []
