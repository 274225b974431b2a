"""The weekly summary as blocks: figures that may be drawn are drawn, and it always gets through."""

from datetime import UTC, datetime

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.notices import Digest, DigestLine, Mirror
from bot.errors import RateLimited, Refused
from bot.slack import digest_blocks
from bot.slack.messenger import SlackMessenger
from bot.slack.rendering import render
from sandbox import Fault
from sandbox.blocks import MESSAGE, check_blocks
from sandbox.play.reading import Reader

WORKSPACE = "T0SANDBOX"
HEADLINE = DigestLine("headline", "One or two messages.", (("contacts per person", "1–2"),))
KINDS = DigestLine("by_kind", "It reached people as <mentions>.", (("mentions", 12), ("other", 9)))
TIMES = DigestLine("by_time", "On evenings.", (("day-off afternoons and nights", 7), ("other", 6)))
COVERAGE = DigestLine("coverage", "What was seen.", (("people", "6 of 7"), ("everyone", 2)))


def digest(*lines):
    return Digest("R & D", "2026-W44", "published", lines, "How it is counted.")


def kinds(blocks):
    return [block["type"] for block in blocks]


def test_the_sentence_first_then_its_chart_and_the_table_last():
    text, blocks = digest_blocks.rich(digest(HEADLINE, KINDS, TIMES, COVERAGE))
    assert kinds(blocks) == [
        "header", "section", "context", "section", "data_visualization", "section",
        "data_visualization", "section", "context", "data_table", "context",
    ]  # fmt: skip
    assert check_blocks(blocks, MESSAGE) == []
    assert text.splitlines() == [
        "Outside hours: R & D, week 44 of 2026",
        *(line.sentence for line in (HEADLINE, KINDS, TIMES, COVERAGE)),
        "How it is counted.",
    ]


def test_a_chart_shows_the_released_counts_and_the_table_repeats_them():
    _, blocks = digest_blocks.rich(digest(HEADLINE, KINDS, TIMES))
    first, second = (block["chart"] for block in blocks if block["type"] == "data_visualization")
    assert first["series"][0]["data"] == [
        {"label": "mentions", "value": 12},
        {"label": "other", "value": 9},
    ]
    assert second["axis_config"]["categories"] == ["day-off afternoons …", "other"]
    (table,) = (block for block in blocks if block["type"] == "data_table")
    assert [[cell["text"] for cell in row][1:] for row in table["rows"]] == [
        ["What", "Figure"],
        ["mentions", "12"],
        ["other", "9"],
        ["day-off afternoons and nights", "7"],
        ["other", "6"],
    ]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (HEADLINE,),
        (COVERAGE,),
        (DigestLine("by_kind", "It reached people as mentions.", (("mentions", 12),)),),
        (DigestLine("by_kind", "Roughly.", (("mentions", "about 10"), ("other", "some"))),),
    ],
)
def test_bands_words_and_single_figures_are_not_drawn(lines):
    _, blocks = digest_blocks.rich(digest(*lines))
    assert blocks == digest_blocks.plain(digest(*lines))[1]
    assert not {"data_visualization", "data_table"} & set(kinds(blocks))


def test_at_most_two_charts():
    lines = [DigestLine(f"line{n}", "Told.", (("a", n), ("b", 2))) for n in range(1, 5)]
    _, blocks = digest_blocks.rich(digest(*lines))
    assert kinds(blocks).count("data_visualization") == 2
    assert check_blocks(blocks, MESSAGE) == []
    assert "a 3 · b 2" in str(blocks), "what is not drawn is written"


def test_plain_blocks_carry_every_figure():
    _, blocks = digest_blocks.plain(digest(HEADLINE, KINDS))
    assert "&lt;mentions&gt;" in blocks[3]["text"]["text"]
    assert blocks[4]["elements"][0]["text"] == "mentions 12 · other 9"


def test_a_mirror_has_its_switch_below():
    text, blocks = render(Mirror("S1", "2026-W44", "R & D", (HEADLINE,), "Yours.", shares=False))
    assert text.startswith("Your mirror: R & D, week 44 of 2026\nOne or two")
    assert kinds(blocks)[-2:] == ["actions", "context"]
    (button,) = blocks[-2]["elements"]
    assert (button["action_id"], button["value"]) == ("mirror_share", "S1")
    assert check_blocks(blocks, MESSAGE) == []
    (button,) = digest_blocks.switch("S1", shares=True)[0]["elements"]
    assert button["action_id"] == "mirror_unshare"


@pytest.fixture
async def room(office):
    """A channel the bot is in, and the bot's own way to speak there."""
    office.sandbox.rate_limit_per_channel_s = 0
    office.room = office.sandbox.add_channel("design-week", [office.app])
    office.clock.set(datetime(2026, 10, 26, 8, 0, tzinfo=UTC))
    return office


@pytest.fixture
async def messenger(room):
    client = AsyncWebClient(base_url=room.sandbox.api_url, retry_handlers=[])
    return SlackMessenger(client, room.app.bot_token)


async def test_where_charts_are_known_they_are_posted(room, messenger):
    posted = await messenger.post(WORKSPACE, room.room.id, digest(HEADLINE, KINDS), marker="m1")
    (message,) = room.sandbox.messages(room.room.id)
    assert message.ts == posted.ts
    assert "data_visualization" in kinds(message.blocks)
    assert "How it arrived | mentions | 12" in Reader(room.sandbox.workspace).text(message)


async def test_where_they_are_refused_the_plain_form_is_posted_under_the_same_marker(
    room, messenger
):
    room.sandbox.refuse_new_blocks = True
    posted = await messenger.post(WORKSPACE, room.room.id, digest(HEADLINE, KINDS), marker="m1")
    (message,) = room.sandbox.messages(room.room.id)
    assert message.ts == posted.ts
    assert message.metadata["event_payload"] == {"id": "m1"}
    assert kinds(message.blocks) == [
        "header",
        "section",
        "context",
        "section",
        "context",
        "context",
    ]
    await messenger.post(WORKSPACE, room.room.id, digest(HEADLINE, KINDS), marker="m2")
    refused = [call.response.get("error") for call in room.sandbox.calls_to("chat.postMessage")]
    assert refused == ["invalid_blocks", None, None], "the refusal is remembered"


async def test_a_wait_between_refusal_and_plain_form_does_not_begin_again(room, messenger):
    room.sandbox.refuse_new_blocks = True
    room.sandbox.faults.add("chat.postMessage", Fault.error("invalid_blocks"))
    room.sandbox.faults.add("chat.postMessage", Fault.rate_limited(1))
    with pytest.raises(RateLimited):
        await messenger.post(WORKSPACE, room.room.id, digest(KINDS), marker="m1")
    await messenger.post(WORKSPACE, room.room.id, digest(KINDS), marker="m1")
    assert len(room.sandbox.messages(room.room.id)) == 1
    assert len(room.sandbox.calls_to("chat.postMessage")) == 3


async def test_other_refusals_are_refusals(room, messenger):
    room.sandbox.faults.add("chat.postMessage", Fault.error("is_archived"))
    with pytest.raises(Refused, match="is_archived"):
        await messenger.post(WORKSPACE, room.room.id, digest(KINDS))
    room.sandbox.faults.add("chat.postMessage", Fault.error("invalid_blocks"))
    with pytest.raises(Refused, match="invalid_blocks"):
        await messenger.post(WORKSPACE, room.room.id, Mirror("S1", "2026-W44"))
    assert room.sandbox.messages(room.room.id) == []
