"""Restricted-party lists: read from their files, and names compared with them. No table is read here."""
