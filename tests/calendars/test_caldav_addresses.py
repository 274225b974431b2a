"""What people type for a server, and where its password may go."""

import pytest

from bot.calendars.caldav_discovery import may_follow, typed_url
from bot.errors import CalendarRefused


@pytest.mark.parametrize(
    ("typed", "url", "follows"),
    [
        ("https://example.com/", "https://example.com/dav/", True),
        ("https://example.com/", "https://example.com:443/dav/", True),
        ("https://example.com/", "https://EXAMPLE.com:8443/dav/", True),
        ("https://example.com/", "http://example.com/dav/", False),
        ("https://example.com/", "https://dav.example.com/", True),
        ("https://dav.example.com/", "https://example.com/", True),
        ("https://caldav.icloud.com/", "https://p12-caldav.icloud.com/", True),
        ("https://caldav.example.com/", "https://p12-caldav.example.com/", False),
        ("https://example.com/", "https://example.com.evil.example/", False),
        ("https://example.com/", "https://evilexample.com/", False),
        ("https://example.com/", "https://evil.example\\@example.com/", False),
        ("https://example.com/", "https://example.com@evil.example/", False),
        ("https://example.com/", "https://com/", False),
        ("https://icloud.com.evil.example/", "https://p12-caldav.icloud.com/", False),
        ("https://example.com/", "javascript:alert(1)", False),
        ("https://example.com/", "https://[/", False),
        ("https://example.com/", "", False),
    ],
)
def test_where_the_password_may_go(typed: str, url: str, *, follows: bool):
    assert may_follow(typed, url) is follows


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("dav.example.com", "https://dav.example.com/"),
        ("dav.example.com/caldav/", "https://dav.example.com/caldav/"),
        ("ana@example.com", "https://example.com/"),
        ("https://user:secret@dav.example.com:8443/x?y#z", "https://dav.example.com:8443/x"),
        ("http://dav.example.com", "http://dav.example.com/"),
        ("  DAV.Example.com ", "https://dav.example.com/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
    ],
)
def test_what_people_type(typed: str, url: str):
    assert typed_url(typed) == url


@pytest.mark.parametrize(
    "typed", ["", " ", "@", "https://", "my calendar", "https://[", "example.com:port"]
)
def test_what_is_no_address_is_not_found(typed: str):
    with pytest.raises(CalendarRefused) as caught:
        typed_url(typed)
    assert caught.value.code == "not_found"
