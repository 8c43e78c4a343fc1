"""Whether whoever acts has shown within the last minutes that it is them.

Asked before contacts are shown and copies of data are given out.
"""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal.httpkit import add_query_params
from django.http import HttpRequest

from alliances.models import User


def is_proven(request: HttpRequest) -> bool:
    """Whether signing in, or proving it again, is less than `ACCOUNT_REAUTHENTICATION_TIMEOUT` ago."""
    try:
        raise_if_reauthentication_required(request, app="account")
    except ReauthenticationRequired:
        return False
    return True


def proof_page(user: User, back: str) -> str:
    """The address where this person proves it again, and is then led back."""
    page: str = add_query_params(get_adapter().get_reauthentication_methods(user)[0]["url"], {"next": back})
    return page
