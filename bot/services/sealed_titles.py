"""What a meeting is called and who organises it, unreadable wherever it is kept."""

import msgspec

from bot.storage.vault import Vault


class Sealed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A title, and the organiser's e-mail address; ``""`` where there is none."""

    title: str = ""
    organizer: str = ""


class SealedTitles:
    """Seals them for `OccurrenceRow.sealed`, and opens them for whoever may read them."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal(self, title: str, organizer: str) -> bytes:
        """Both, encrypted."""
        return self._vault.seal(msgspec.json.encode(Sealed(title, organizer)))

    def open(self, sealed: bytes | None) -> Sealed:
        """What was sealed; nothing for None.

        Raises:
            Misconfigured: it was sealed with a key that is not here.
        """
        if sealed is None:
            return Sealed()
        return msgspec.json.decode(self._vault.open(sealed), type=Sealed)
