"""The server as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

if not __package__:  # run by its path: the folder of the package is not on the way
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from fake_bot_api import FakeBotApi


def main() -> int:
    parser = argparse.ArgumentParser(description="A Telegram Bot API server for tests; stop it with Ctrl-C.")
    parser.add_argument("--port", type=int, default=0, help="0 (default) takes a free one")
    parser.add_argument("--strict-chats", action="store_true", help="unknown chats are refused")
    arguments = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        api = FakeBotApi(port=arguments.port, strict_chats=arguments.strict_chats).start()
    except OSError as error:
        print(f"cannot listen on port {arguments.port}: {error.strerror}; choose another --port", file=sys.stderr)
        return 1
    print(f"fake Bot API at {api.url} (any request to /control/...; the token is fake_bot_api.TOKEN)", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    api.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
