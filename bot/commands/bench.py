"""bench: runs the scripts of tests/bench, all or those named."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from bot.commands.common import Commands, add
from bot.errors import UsageError

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "bench"


def register(commands: Commands) -> None:
    parser = add(commands, "bench", _bench, "the benchmarks of tests/bench; a name runs one of them")
    parser.add_argument("name", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="say which there are")


def _bench(args: argparse.Namespace) -> int:
    scripts = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    if not scripts:
        raise UsageError(
            "no benchmarks here: they are part of the repository (tests/bench), not of an installed package"
        )
    unknown = [name for name in args.name if name not in scripts]
    if unknown:
        raise UsageError(f"no benchmark {', '.join(unknown)}; there are: {', '.join(scripts)}")
    if args.list:
        print("\n".join(scripts))
        return 0
    failed = []
    for name in args.name or scripts:
        print(f"== {name}", flush=True)
        root = str(FOLDER.parents[1])
        paths = os.pathsep.join(filter(None, (root, str(FOLDER.parent), os.environ.get("PYTHONPATH", ""))))
        run = subprocess.run([sys.executable, str(scripts[name])], env=os.environ | {"PYTHONPATH": paths}, check=False)  # noqa: S603
        if run.returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))
