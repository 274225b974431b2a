"""Where bots are born: a process that has imported the bot, and forks one at every line it reads.

A bot that is killed two hundred times starts two hundred times; a fork takes milliseconds where
the imports take seconds. Each line of standard input is ``{"sandbox": address, "environment":
{…}}``. The answers are ``{"born": pid}`` and then the bot's own line (see `sandbox.bot`), or
``{"error": …, "pid": pid}``. At the end of the input the last bot ends with the nursery.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from typing import Any

from sandbox.bot import serve


def bear(order: dict[str, Any]) -> int:
    """Fork a bot. Returns its process id; in the child it does not return."""
    born = os.fork()
    if born:
        _say({"born": born})
        return born
    status = 1
    try:
        os.environ.update(order["environment"])
        asyncio.run(serve(order["sandbox"], 0))
        status = 0
    except Exception as error:  # noqa: BLE001 - whatever it is, the test that waits has to hear it
        _say({"error": repr(error), "pid": os.getpid()})
    finally:
        os._exit(status)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Bear a bot at every line."""
    # Nobody waits for the dead: the system buries them at once.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    born = 0
    for line in sys.stdin:
        born = bear(json.loads(line))
    if born:
        with contextlib.suppress(ProcessLookupError):
            os.kill(born, signal.SIGKILL)


if __name__ == "__main__":
    main()
