"""Prometheus counters and histograms, named once."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("offhours_requests", "Requests from Slack by verdict of the door.", ["verdict"])
CONTACTS = Counter("offhours_contacts", "Contacts judged, by the rule that decided.", ["rule"])
NOTICES = Counter(
    "offhours_notices", "Notices by kind and what became of them.", ["kind", "status"]
)
HINTS = Counter("offhours_hints", "What authors did with a hint.", ["response"])
RELEASES = Counter("offhours_releases", "Held messages by final state.", ["state"])
DIGESTS = Counter("offhours_digests", "Weekly summaries by status.", ["status"])
RECORD_SECONDS = Histogram("offhours_record_seconds", "From an event's arrival to its commit.")
RELEASE_DELAY_SECONDS = Histogram(
    "offhours_release_delay_seconds",
    "From the opening to the delivery of a held message.",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 900),
)
