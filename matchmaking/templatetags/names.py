"""A name in both scripts, each with its language."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alliances.models import Organization
from alliances.models.topic import InBothScripts
from matchmaking.wording import name_lang, other_lang

register = template.Library()


@register.simple_tag
def names(named: Organization | InBothScripts) -> SafeString:
    """The name in the reader's script, then in the other. Lists hold many, so no template is rendered."""
    own, lang, other = named.name, name_lang(named), named.other_name
    return format_html(
        '<span class="names"><span class="names__own"{}>{}</span>{}</span>',
        format_html(' lang="{}"', lang) if lang else "",
        own,
        format_html(' <span class="names__other" lang="{}">{}</span>', other_lang(), other) if other else "",
    )
