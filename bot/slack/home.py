"""Placeholder."""

VIEWS: dict = {}
ACTIONS: dict = {}
