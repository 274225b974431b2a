"""The demo: ten days of two fictional teams, played against the real bot."""
