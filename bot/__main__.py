"""`python -m bot`: the commands. Each is a few lines in `bot.commands`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from bot.commands import ask, bench, db, doctor, faq, review, serve, staff
from bot.commands.common import utf8_streams
from bot.errors import BotError, SettingsError, UsageError

#: In the order of the help: what runs, what answers, what editors and operators need.
MODULES = (serve, ask, faq, review, staff, db, bench, doctor)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bot", description="防骗助手 / Anti-fraud awareness chatbot")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in MODULES:
        module.register(commands)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status: 0 done, 1 failed or problems found, 2 wrong usage or settings."""
    utf8_streams()
    try:
        args = parser().parse_args(arguments)
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except SettingsError as error:
        for problem in error.problems:
            print(f"settings: {problem}", file=sys.stderr)
        return 2
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except BotError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output has enough (`… | head`); what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
