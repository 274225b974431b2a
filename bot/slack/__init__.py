"""The surface in Slack: parse, call one use case, render."""
