"""Answers of WebDAV servers, those of hostile ones too."""

import pytest

from bot.calendars.dav_xml import (
    failed_conditions,
    multiget,
    multistatus,
    parse,
    plain_etag,
    sync_collection,
)
from bot.errors import CalendarAway

ANSWER = b"""<?xml version="1.0" encoding="utf-8"?>
<x:multistatus xmlns:x="DAV:" xmlns:y="urn:ietf:params:xml:ns:caldav">
 <x:response>
  <x:href>/cal/a%20b.ics</x:href>
  <x:propstat><x:prop><x:getetag>W/"1-gzip"</x:getetag>
   <y:calendar-data>BEGIN:VCALENDAR&#13;
SUMMARY:A &amp; B &lt;c&gt;
END:VCALENDAR</y:calendar-data></x:prop><x:status>HTTP/1.1 200 OK</x:status></x:propstat>
  <x:propstat><x:prop><y:schedule-tag/></x:prop><x:status>HTTP/1.1 404 Not Found</x:status></x:propstat>
 </x:response>
 <x:response><x:href>/cal/gone.ics</x:href><x:status>HTTP/1.1 404 Not Found</x:status></x:response>
 <x:sync-token>http://example.com/sync/7</x:sync-token>
</x:multistatus>"""


def test_prefixes_are_the_server_s_own_business():
    found = multistatus(ANSWER)
    assert found.token == "http://example.com/sync/7"
    event, gone = found.entries
    assert (event.href, event.status, event.etag) == ("/cal/a%20b.ics", 200, '"1"')
    assert event.calendar_data.splitlines() == [
        "BEGIN:VCALENDAR",
        "SUMMARY:A & B <c>",
        "END:VCALENDAR",
    ]
    assert "c:schedule-tag" not in event.props, "a property that was not found is none"
    assert (gone.href, gone.status, gone.etag, gone.calendar_data) == ("/cal/gone.ics", 404, "", "")


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<d:multistatus xmlns:d="DAV:">&b;</d:multistatus>"""
FILE = b"""<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><d:multistatus xmlns:d="DAV:">&a;</d:multistatus>"""
DTD = b"""<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><d:multistatus xmlns:d="DAV:"/>"""


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        FILE,
        DTD,
        b"",
        b"<",
        b"\x00",
        b"<html><body>Log in</body></html>",
        b"{}",
        b"<a>" * 100_000,
        b"<a>" * 50 + b"</a>" * 50,
        b'<?xml version="1.0" encoding="no-such-thing"?><d:multistatus xmlns:d="DAV:"/>',
        b'<d:multistatus xmlns:d="DAV:">\xff\xfe</d:multistatus>',
        b'<d:error xmlns:d="DAV:"/>',
    ],
)
def test_anything_else_is_no_answer(body: bytes):
    with pytest.raises(CalendarAway):
        multistatus(body)


@pytest.mark.parametrize("line", ["", "HTTP/1.1", "200", "HTTP/1.1 two hundred", "HTTP/1.1 ² OK"])
def test_an_odd_status_is_no_success(line: str):
    body = (
        '<d:multistatus xmlns:d="DAV:"><d:response><d:href>/a</d:href><d:propstat><d:prop>'
        f"<d:getetag>x</d:getetag></d:prop><d:status>{line}</d:status></d:propstat>"
        "</d:response></d:multistatus>"
    )
    (entry,) = multistatus(body.encode()).entries
    assert entry.etag == ""


def test_only_the_standard_s_preconditions_count():
    caldav = b'<d:error xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><c:attendee-allowed/></d:error>'
    sabre = b'<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>x</s:exception></d:error>'
    assert failed_conditions(caldav) == {"c:attendee-allowed"}
    assert (
        failed_conditions(sabre) == failed_conditions(b"") == failed_conditions(BOMB) == frozenset()
    )


def test_what_is_asked_cannot_be_broken_out_of():
    odd = "</d:href><evil>&\"'"
    asked = parse(multiget([odd]).encode())
    assert [each.text for each in asked.all("d:href")] == [odd]
    assert parse(sync_collection(odd, ("d:getetag",)).encode()).text_of("d:sync-token") == odd


@pytest.mark.parametrize(
    ("sent", "meant"),
    [('"a"', '"a"'), ('W/"a"', '"a"'), ('"a-gzip"', '"a"'), (' "a"\n', '"a"'), ("", "")],
)
def test_an_etag_is_the_server_s_own_again(sent: str, meant: str):
    assert plain_etag(sent) == meant
