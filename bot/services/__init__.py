"""The use cases: one public method is one transaction and its effects."""
