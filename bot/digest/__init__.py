"""The weekly summary: facts in, a report that may be published out. Pure."""
