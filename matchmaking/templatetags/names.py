"""A name in both scripts, each with its language."""

from django import template

from alliances.models import Organization
from alliances.models.topic import InBothScripts
from matchmaking.wording import name_lang, other_lang

register = template.Library()


@register.inclusion_tag("includes/names.html")
def names(named: Organization | InBothScripts) -> dict[str, str]:
    """The name in the reader's script, then in the other."""
    return {
        "name": named.name,
        "name_lang": name_lang(named),
        "other_name": named.other_name,
        "other_lang": other_lang(),
    }
