"""`make bench`: run every benchmark of this folder, print a table, write `build/bench.json`.

A benchmark is a module with a function ``claims`` that returns a list of `Claim`. The exit status
is 1 when a claim does not hold. Names of modules on the command line run only those.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.measure import Claim

HERE = Path(__file__).parent
RESULT = HERE.parent / "build" / "bench.json"
NOT_BENCHMARKS = ("__main__", "measure")


def names() -> list[str]:
    """Every benchmark there is."""
    found = (path.stem for path in HERE.glob("*.py"))
    return sorted(name for name in found if name not in NOT_BENCHMARKS)


def print_row(claim: Claim) -> None:
    """One claim as a row of the table."""
    mark = "✓" if claim.met else "✗"
    print(
        f"{mark} {claim.name:<52} {claim.ratio:>7} {claim.goal:>6}  "
        f"{claim.ours} against {claim.theirs} {claim.unit} of {claim.peer}",
        flush=True,
    )


def main(asked: list[str]) -> int:
    """Run, print, write."""
    claims: list[Claim] = []
    for name in asked or names():
        for claim in import_module(f"benchmarks.{name}").claims():
            print_row(claim)
            claims.append(claim)
    RESULT.parent.mkdir(exist_ok=True)
    rows = [claim.row() for claim in claims]
    RESULT.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0 if all(claim.met for claim in claims) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
