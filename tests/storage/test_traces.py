"""Every column that names a person is found when somebody asks what is kept about them."""

from bot.storage import tables
from bot.storage.traces import LISTED, TRACES
from bot.words.boundaries import KEPT

NAMES_A_PERSON = {
    "user_id",
    "author_id",
    "recipient_id",
    "reader_id",
    "told_id",
    "changed_by",
    "organizer_id",
}


def test_no_column_is_forgotten():
    found = {
        f"{table.name}.{column.name}"
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if column.name in NAMES_A_PERSON and table is not tables.people
    }
    assert {f"{column.table.name}.{column.name}" for column in TRACES.values()} == found


def test_each_is_told_in_words():
    assert set(KEPT) == {*TRACES, LISTED, "groups", "rotas"}
