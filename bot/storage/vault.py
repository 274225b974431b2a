"""Encryption of what must not be readable at rest: held messages and tokens."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.errors import Misconfigured


class Vault:
    """Fernet with key rotation: the first key seals, every key opens.

    Source: https://github.com/fernet/spec
    """

    def __init__(self, keys: list[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise Misconfigured(
                "OFFHOURS_KEY is not a Fernet key. Make one with `offhours key`."
            ) from error

    def seal(self, plain: bytes) -> bytes:
        """``plain``, encrypted and authenticated."""
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed.

        Raises:
            Misconfigured: sealed with a key that is not here.
        """
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise Misconfigured(
                "A held message was sealed with another key: put the old key behind the new one."
            ) from error


def new_key() -> str:
    """A fresh key, as text."""
    return Fernet.generate_key().decode()


def keys_from(key: str | None, key_file: Path) -> list[str]:
    """The keys from the environment (comma separated, newest first), else from ``key_file``.

    A missing file is made with a fresh key, readable by its owner only.

    Raises:
        Misconfigured: the file can be read by others.
    """
    if key:
        return [part.strip() for part in key.split(",") if part.strip()]
    try:
        handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if key_file.stat().st_mode & 0o077:
            raise Misconfigured(
                f"{key_file} can be read by others: run `chmod 600 {key_file}`."
            ) from None
        return key_file.read_text().split()
    with os.fdopen(handle, "w") as file:
        fresh = new_key()
        file.write(fresh + "\n")
    return [fresh]
