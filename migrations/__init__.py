"""The schema, from the first table on."""
