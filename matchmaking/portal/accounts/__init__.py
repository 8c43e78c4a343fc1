"""Signing in and looking after one's account: django-allauth with this service's rules, pages and mail."""
