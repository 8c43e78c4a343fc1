"""An organization's name in both scripts, each with its language."""

from django import template

from alliances.models import Organization
from matchmaking.wording import name_lang, other_lang

register = template.Library()


@register.inclusion_tag("includes/names.html")
def names(organization: Organization) -> dict[str, str]:
    """The name in the reader's script, then in the other."""
    return {
        "name": organization.name,
        "name_lang": name_lang(organization),
        "other_name": organization.other_name,
        "other_lang": other_lang(),
    }
