"""`offhours audit`: what it prints and writes, and what it exits with."""

import json
import os
import sys
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.words import audit as words

SMALL = Path(__file__).parent / "data" / "small-export"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command in an empty folder: exit status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("OFFHOURS_", "SLACK_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")

    def running(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["offhours", "audit", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return running


def test_the_summary_needs_no_settings_and_writes_nothing(run, tmp_path: Path) -> None:
    code, out, err = run(str(SMALL))
    assert (code, err.strip()) == (0, "")
    assert f"{words.TITLE}: small-export" in out
    assert "2026-11-04 to 2026-11-09" in out
    assert "3 of 4 people" in out
    assert list(tmp_path.iterdir()) == []


def test_it_writes_what_it_is_asked_for(run, tmp_path: Path) -> None:
    code, out, err = run(str(SMALL), "--json", "a.json", "--html", "a.html")
    assert code == 0
    assert json.loads((tmp_path / "a.json").read_text())["messages"]["outside"] == 4
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")
    assert "Written: a.json" in err
    assert words.TITLE in out


def test_figures_can_be_piped(run) -> None:
    code, out, _ = run(str(SMALL), "--json", "-")
    assert code == 0
    assert json.loads(out)["exact"] is True


def test_hours_people_teams_and_dates(run, tmp_path: Path) -> None:
    (tmp_path / "hours.yaml").write_text("ana@example.org: mon-sun 0-24\nnobody: mon 9-10\n")
    (tmp_path / "teams.yaml").write_text("Pair: [ana, bo]\n")
    code, out, err = run(
        str(SMALL),
        *("--people", "hours.yaml", "--teams", "teams.yaml", "--hours", "mon-fri 8-19"),
        *("--since", "2026-11-05", "--until", "2026-11-08", "--default-tz", "Europe/Vienna"),
        *("--holidays", "PT", "--json", "-"),
    )
    assert code == 0
    found = json.loads(out)
    assert found["window"] == {
        "start": 8,
        "end": 19,
        "workdays": [0, 1, 2, 3, 4],
        "default_tz": "Europe/Vienna",
        "hours": "Mon–Fri 08:00–19:00",
        "holidays": "PT",
        "own_hours": 2,
        "since": "2026-11-05",
        "until": "2026-11-08",
    }
    assert (found["human"]["total"], found["messages"]["outside"]) == (2, 0)
    assert found["per_team"] == {"Pair": {"people": 2, "why": words.SMALL_TEAM}}
    assert "Not in this export, and left aside: nobody" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.zip"], "neither a folder nor a zip"),
        (["."], "This is no Slack export"),
        ([str(SMALL), "--hours", "sometimes"], "sometimes"),
        ([str(SMALL), "--default-tz", "Europe/Lisboa"], "time zone"),
        ([str(SMALL), "--holidays", "XX"], "holidays of “XX”"),
        ([str(SMALL), "--since", "yesterday"], "--since “yesterday” is no date"),
        ([str(SMALL), "--since", "2026-02-01", "--until", "2026-01-01"], "is after"),
        ([str(SMALL), "--people", "none.yaml"], "none.yaml cannot be read"),
        ([str(SMALL), "--people", "list.yaml"], "maps people to hours"),
        ([str(SMALL), "--people", "field.yaml"], "ana: write hours like"),
        ([str(SMALL), "--people", "date.yaml"], "No calendar has “2026-02-30”"),
        ([str(SMALL), "--people", "twice.yaml"], "is no date"),
        ([str(SMALL), "--teams", "list.yaml"], "maps names to lists"),
        ([str(SMALL), "--json", "no/folder/a.json"], "no/folder/a.json cannot be written"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(
    run, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "list.yaml").write_text("- ana\n")
    (tmp_path / "field.yaml").write_text("ana: {ours: 9-10}\n")
    (tmp_path / "date.yaml").write_text("ana: {off: ['2026-02-30']}\n")
    (tmp_path / "twice.yaml").write_text("ana: {off: [soon]}\n")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    said = [line for line in err.splitlines() if line.strip()]
    assert len(said) == 1
    assert sentence in said[0]


def test_a_name_of_two_accounts_is_asked_back(run, tmp_path: Path) -> None:
    export = tmp_path / "export"
    (export / "c").mkdir(parents=True)
    (export / "users.json").write_text('[{"id": "U1", "name": "sam"}, {"id": "U2", "name": "Sam"}]')
    (tmp_path / "hours.yaml").write_text("sam: mon 9-10\n")
    code, _, err = run("export", "--people", "hours.yaml")
    assert code == 2
    assert "U1, U2" in err


def test_files_that_cannot_be_read_are_named_and_exit_1(run, tmp_path: Path) -> None:
    export = tmp_path / "export"
    (export / "c").mkdir(parents=True)
    (export / "users.json").write_text('[{"id": "U1", "tz": "Europe/Lisbon"}]')
    (export / "c" / "2026-01-01.json").write_text("[")
    (export / "c" / "2026-01-02.json").write_text(
        '[{"type": "message", "user": "U1", "ts": "1767348000.0"}]'
    )
    code, out, err = run("export")
    assert code == 1
    assert "1 file of the export could not be read and counted as empty: c/2026-01-01.json" in err
    assert words.TITLE in out
