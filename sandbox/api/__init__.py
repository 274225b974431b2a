"""The Web API: one table of methods, with the tokens and scopes each needs."""
