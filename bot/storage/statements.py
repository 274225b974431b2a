"""The statements whose dialects differ: an insert that yields, and the choice of a claim."""

from typing import Any

from sqlalchemy import Select, Table
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.database import Transaction

CLAIM_BATCH = 100


def insert_once(tx: Transaction, table: Table) -> Any:
    """An insert that leaves an existing row as it is."""
    return insert_into(tx, table).on_conflict_do_nothing()


def upsert(tx: Transaction, table: Table, *changed: str) -> Any:
    """An insert that sets the columns ``changed`` when the primary key exists."""
    statement = insert_into(tx, table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in changed},
    )


def skip_locked(tx: Transaction, query: Select[Any]) -> Select[Any]:
    """The rows to claim, passing over those another replica is claiming.

    SQLite has one writer at a time, so there is nothing to pass over.
    """
    if tx.dialect.name == "postgresql":
        return query.with_for_update(skip_locked=True)
    return query


def insert_into(tx: Transaction, table: Table) -> Any:
    """The dialect's insert, which can say what to do on conflict."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
