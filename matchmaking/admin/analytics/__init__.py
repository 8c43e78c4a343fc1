"""The desk's figures: one page of them, and each table as a file."""

from matchmaking.admin.analytics.pages import AnalyticsPages, may_view_analytics

__all__ = ["AnalyticsPages", "may_view_analytics"]
