"""The organisation's rules, as versions."""

import hashlib
import json
from dataclasses import dataclass, replace

from bot.domain.policy import Document, Policy, changed, to_document
from bot.services.directory import Directory
from bot.storage import policies, workspaces
from bot.storage.database import Database, Transaction

BY_FILE = "file"
"""Who changed a version that came from the configuration file."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The policy in force: who decided it (a user id or `BY_FILE`) and when.

    Both are None before anybody decided anything.
    """

    policy: Policy
    changed_by: str | None = None
    changed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a change did: for each key that differs now, the value before and after."""

    policy: Policy
    differences: tuple[tuple[str, object, object], ...]


class Policies:
    """Use cases of admins on the policy."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def current(self, workspace_id: str) -> Decided:
        """The policy in force and where it came from."""
        async with self._database.reading() as tx:
            return await _decided(tx, workspace_id)

    async def change(self, workspace_id: str, user_id: str, changes: Document) -> Change:
        """Replace the keys of ``changes``; a change that changes nothing makes no version.

        Raises:
            BadInput: an unknown key or a value that was not understood.
        """
        return await self._replace(workspace_id, changes, changed_by=user_id)

    async def apply_file(self, workspace_id: str, document: Document) -> bool:
        """Take the file's policy over if the file changed since it was last taken over.

        Until the file changes, what admins decided in Slack afterwards stays. True when a version
        was made.

        Raises:
            BadInput: an unknown key or a value that was not understood.
        """
        if not document:
            return False
        written = json.dumps(document, sort_keys=True, default=str)
        source = hashlib.sha256(written.encode()).hexdigest()
        async with self._database.reading() as tx:
            if await policies.last_source(tx, workspace_id) == source:
                return False
        await self._replace(workspace_id, document, changed_by=BY_FILE, source=source)
        return True

    async def _replace(
        self, workspace_id: str, changes: Document, *, changed_by: str, source: str = ""
    ) -> Change:
        async with self._database.transaction() as tx:
            # Two replicas that start with one new file make one version.
            await workspaces.lock(tx, workspace_id)
            before = (await _decided(tx, workspace_id)).policy
            if source and await policies.last_source(tx, workspace_id) == source:
                return Change(before, ())
            after = changed(before, changes)
            old, new = to_document(before), to_document(after)
            differences = tuple((key, old[key], new[key]) for key in new if old[key] != new[key])
            if differences or source:
                version = await policies.add(
                    tx,
                    workspace_id,
                    new,
                    changed_by=changed_by,
                    now=self._directory.now(),
                    source=source,
                )
                after = replace(after, version=version)
        await self._directory.refresh(workspace_id)
        return Change(after, differences)


async def _decided(tx: Transaction, workspace_id: str) -> Decided:
    stored = await policies.current(tx, workspace_id)
    if stored is None:
        return Decided(Policy())
    policy = changed(Policy(version=stored.version), stored.document)
    return Decided(policy, stored.changed_by, stored.changed_at)
