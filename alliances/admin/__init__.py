"""The curation desk of the register: organizations by kind, topics, agencies, people."""

from alliances.admin import organizations, people, reference, screening  # noqa: F401
