"""Answers of WebDAV servers, those of hostile ones too."""

import tracemalloc

import pytest

from bot.calendars.dav_xml import (
    MOST_PARTS,
    PIECE,
    failed_conditions,
    multiget,
    multistatus,
    parse,
    plain_etag,
    sync_collection,
)
from bot.calendars.transport import MOST_BYTES, TooLarge
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


HEAD, TAIL = b'<d:multistatus xmlns:d="DAV:">', b"</d:multistatus>"


def filled(kind: bytes) -> bytes:
    """As large an answer as is read at all, full of the same."""
    return HEAD + kind * ((MOST_BYTES - len(HEAD) - len(TAIL)) // len(kind)) + TAIL


def one_tag() -> bytes:
    """A single element with a million attributes."""
    return HEAD + b"<a " + b" ".join(b'a%d=""' % n for n in range(1_000_000)) + b"/>" + TAIL


def tags_in_a_row() -> bytes:
    """Each with a few thousand attributes."""
    tag = b"<a " + b" ".join(b'a%d=""' % n for n in range(6_000)) + b"/>"
    return HEAD + tag * 40 + TAIL


def long_namespace() -> bytes:
    """A name of a few bytes each, and of many once its prefix is written out."""
    names = b"".join(b"<p:a%d/>" % n for n in range(50_000))
    return HEAD[:-1] + b' xmlns:p="' + b"x" * 50_000 + b'">' + names + TAIL


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (filled(b"<a/>"), TooLarge),
        (one_tag(), TooLarge),
        (tags_in_a_row(), TooLarge),
        (HEAD + b"<!--" + b" " * 4 * PIECE + b"-->" + TAIL, TooLarge),
        (long_namespace(), CalendarAway),
    ],
    ids=["elements", "one tag", "attributes", "comment", "namespace"],
)
def test_little_that_grows_large_is_not_read_to_its_end(body: bytes, kind: type[CalendarAway]):
    tracemalloc.start()
    try:
        with pytest.raises(kind):
            multistatus(body)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 64 * 1024 * 1024


def test_what_a_large_calendar_answers_is_read():
    entry = (
        b"<d:response><d:href>/cal/%d.ics</d:href><d:propstat><d:prop><d:getetag>1</d:getetag>"
        b"<c:calendar-data xmlns:c='urn:ietf:params:xml:ns:caldav'>%s</c:calendar-data></d:prop>"
        b"<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
    text = b"BEGIN:VCALENDAR&#13;\n" + "X-LONG:ä\n".encode() * 100
    entries = [entry % (number, text) for number in range(8_000)]
    entries[4_000] = entry % (4_000, b"x" * 20 * PIECE)
    body = HEAD + b"".join(entries) + TAIL
    assert len(body) < MOST_BYTES
    found = multistatus(body).entries
    assert len(found) * 7 < MOST_PARTS
    assert [each.href for each in found] == [f"/cal/{number}.ics" for number in range(8_000)]
    assert found[7_999].calendar_data == text.decode().replace("&#13;", "\r")
    assert found[4_000].calendar_data == "x" * 20 * PIECE


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
