"""Challenge areas, topics, agencies and the alliances known from print."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from alliances.admin.endorsements import EndorsementPages
from alliances.models import Agency, ChallengeArea, ReferenceAlliance, Topic


class NoDeleteAdmin(ModelAdmin):
    """Reference data: needs, offers and patrons point to it, so it stays."""

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


class TopicInline(TabularInline):
    model = Topic
    fields = ["position", "slug", "name_en", "name_zh", "definition_en", "definition_zh"]
    extra = 0
    can_delete = False
    show_change_link = True


@admin.register(ChallengeArea)
class ChallengeAreaAdmin(NoDeleteAdmin):
    list_display = ["slug", "name_en", "name_zh", "position"]
    inlines = [TopicInline]


@admin.register(Topic)
class TopicAdmin(NoDeleteAdmin):
    list_display = ["slug", "name_en", "name_zh", "area"]
    list_filter = ["area"]
    list_select_related = ["area"]
    search_fields = ["slug", "name_en", "name_zh"]


@admin.register(Agency)
class AgencyAdmin(EndorsementPages, NoDeleteAdmin):
    list_display = ["slug", "abbreviation", "name_en", "name_zh", "country", "group", "verified"]
    list_filter = ["country", "group", "verified"]
    search_fields = ["slug", "abbreviation", "name_en", "name_zh"]


@admin.register(ReferenceAlliance)
class ReferenceAllianceAdmin(NoDeleteAdmin):
    list_display = ["name_en", "name_zh", "country", "founded", "organization"]
    list_filter = ["country"]
    list_select_related = ["organization"]
    search_fields = ["name_en", "name_zh"]
    autocomplete_fields = ["organization", "topics"]
