"""What an author wrote, as it is sealed."""

from dataclasses import dataclass

import msgspec

from bot.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Written:
    """A message's words: ``text`` is Slack mrkdwn, ``blocks`` the rich text as Slack gave it."""

    text: str
    blocks: tuple[dict[str, object], ...] = ()


def seal(vault: Vault, written: Written) -> bytes:
    """``written``, encrypted."""
    return vault.seal(msgspec.json.encode(written))


def unseal(vault: Vault, sealed: bytes) -> Written:
    """What was sealed."""
    return msgspec.json.decode(vault.open(sealed), type=Written)
