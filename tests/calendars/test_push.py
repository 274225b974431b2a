"""What is read of a push, and what is not believed."""

import json

import pytest

from bot.calendars.push import (
    LONGEST_TOKEN,
    LONGEST_WORD,
    MOST_BYTES,
    MOST_PUSHES,
    Push,
    PushKind,
    google_push,
    graph_pushes,
    validation_token,
)

GOOGLE = {
    "x-goog-channel-id": "channel-1",
    "x-goog-channel-token": "a secret",
    "x-goog-resource-id": "resource-1",
    "x-goog-resource-state": "exists",
    "x-goog-message-number": "10",
}


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("sync", PushKind.OPENED),
        ("exists", PushKind.CHANGED),
        ("not_exists", PushKind.CHANGED),
    ],
)
def test_google_says_it_in_headers(state, kind):
    found = google_push({**GOOGLE, "x-goog-resource-state": state})
    assert found == Push("resource-1", "a secret", kind, "channel-1")


@pytest.mark.parametrize(
    "changed",
    [
        {"x-goog-resource-state": "add"},  # of Drive
        {"x-goog-resource-state": ""},
        {"x-goog-channel-id": ""},
        {"x-goog-channel-token": ""},
        {"x-goog-resource-id": ""},
        {"x-goog-channel-token": "a" * (LONGEST_WORD + 1)},
    ],
)
def test_what_google_does_not_send_is_no_push(changed):
    assert google_push({**GOOGLE, **changed}) is None


def test_no_headers_are_no_push():
    assert google_push({}) is None


@pytest.mark.parametrize(
    ("query", "token"),
    [
        ("validationToken=abc", "abc"),
        ("validationToken=Validation%3A+Testing%2Bclient%2F%C3%BC", "Validation: Testing+client/ü"),
        ("a=b&validationToken=%3Cb%3E", "<b>"),
        ("validationToken=", None),
        ("validationtoken=abc", None),
        ("validationToken=a&validationToken=b", None),
        ("", None),
        ("&".join(["a=b"] * 40), None),
        ("validationToken=" + "a" * LONGEST_TOKEN, None),
    ],
)
def test_the_token_of_the_handshake(query, token):
    assert validation_token(query) == token


def body(*items: object) -> bytes:
    """As Graph sends it."""
    return json.dumps({"value": list(items), "validationTokens": ["eyJ0"]}).encode()


def item(number: int = 1, **changed: object) -> dict[str, object]:
    """One notification."""
    return {
        "subscriptionId": f"subscription-{number}",
        "clientState": "a secret",
        "changeType": "updated",
        "resource": "Users/1/Events/2",
        "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "2"},
        **changed,
    }


def test_a_body_mixes_subscriptions_and_repeats_itself():
    found = graph_pushes(body(item(2), item(1), item(1, changeType="deleted"), item(2)))
    assert found == [
        Push("subscription-1", "a secret", PushKind.CHANGED),
        Push("subscription-2", "a secret", PushKind.CHANGED),
    ]


@pytest.mark.parametrize(
    ("event", "kinds"),
    [
        ("missed", [PushKind.MISSED]),
        ("subscriptionRemoved", [PushKind.REMOVED]),
        ("reauthorizationRequired", [PushKind.REAUTHORIZE]),
        ("somethingNew", []),
        (None, [PushKind.CHANGED]),
    ],
)
def test_what_a_subscription_says_of_itself(event, kinds):
    assert [push.kind for push in graph_pushes(body(item(lifecycleEvent=event)))] == kinds


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"value": {}}',
        b'{"value": [7]}',
        b'{"value": [{"clientState": "a secret"}]}',
        b"\xff\xfe{}",
        b"[" * 200_000,
        body(item(clientState=None)),
        body(item(clientState="")),
        body(item(subscriptionId="")),
        body(item(clientState={"a": "secret"})),
        body(item(clientState="a" * (LONGEST_WORD + 1))),
        body(item(resource="a" * MOST_BYTES)),
    ],
)
def test_what_graph_does_not_send_is_no_push(content):
    assert graph_pushes(content) == []


def test_only_so_many_are_read():
    short = [{"subscriptionId": str(number), "clientState": "s"} for number in range(3_000)]
    assert len(graph_pushes(body(*short))) == MOST_PUSHES
