"""`python -m bot`: the commands. Each is a few lines in `bot.commands`."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from bot.commands import ask, bench, db, doctor, faq, review, serve, staff
from bot.commands.common import utf8_streams
from bot.errors import BotError, SettingsError, UsageError
from bot.logs import RedactingFilter, places, setup_logs

#: In the order of the help: what runs, what answers, what editors and operators need.
MODULES = (serve, ask, faq, review, staff, db, bench, doctor)


class _Parser(argparse.ArgumentParser):
    """Refuses without repeating personal data and secrets: its words end up in logs of cron and of shells."""

    def error(self, message: str) -> NoReturn:
        from bot.core.redact import redact  # only now: it costs every start of a command

        super().error(redact(RedactingFilter().scrub(message)).text)


def parser() -> argparse.ArgumentParser:
    made = _Parser(prog="python -m bot", description="防骗助手 / Anti-fraud awareness chatbot")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in MODULES:
        module.register(commands)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status: 0 done, 1 failed or problems found, 2 wrong usage or settings."""
    utf8_streams()
    if not logging.getLogger().handlers:  # `serve` sets up its own, when it knows the settings
        setup_logs("text", level=logging.WARNING)
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
    except Exception as error:  # a fault of the program: its text may quote a resident, a traceback of places does not
        print(f"stopped by an unexpected error; please report these lines:\n{places(error)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
