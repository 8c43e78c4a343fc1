"""Names in both scripts, each with its language."""

from django import template

from alliances.models import Organization
from alliances.models.topic import InBothScripts
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


@register.inclusion_tag("includes/names.html")
def both_names(named: InBothScripts) -> dict[str, str]:
    """The name of a topic, an area or an agency in the reader's script, then in the other."""
    other = named.name_en if named.name == named.name_zh else named.name_zh
    return {"name": named.name, "name_lang": "", "other_name": other, "other_lang": other_lang()}
