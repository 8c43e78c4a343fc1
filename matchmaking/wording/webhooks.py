"""What became of a delivery, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from matchmaking.enums import DeliveryState
from matchmaking.models import WebhookDelivery

# One sentence for every cause, so that nobody learns from it what there is inside.
NOT_REACHABLE = gettext_lazy(
    "This address is not reachable from our service. Give an https:// address with a public host name, "
    "without @ and with no other port than 443."
)
# By what is kept where there was no answer.
NO_ANSWER: Mapping[str, str | Promise] = {
    "not_reachable": NOT_REACHABLE,
    "no_answer": gettext_lazy("No answer within eight seconds, or no valid certificate."),
    "secret_lost": gettext_lazy("We cannot sign any more with this secret. Replace it."),
}


def answer_words(delivery: WebhookDelivery) -> str:
    """What was answered to the last try: its status, or why there is none; empty before the first.

    Of what was withdrawn it does not say more: why somebody takes part no more is theirs to tell.
    """
    if delivery.state == DeliveryState.WITHDRAWN:
        return _("What it tells no longer holds, so it is not sent.")
    if delivery.status is not None:
        return f"HTTP {delivery.status}"
    return str(NO_ANSWER.get(delivery.error) or (_(delivery.error) if delivery.error else ""))
