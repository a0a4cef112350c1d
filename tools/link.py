"""Makes `bot` importable from the environment that runs this, and writes its `fanzha` command.

What `pip install -e .` would do, without downloading a build backend: set-up stays offline the second time.
"""

import sys
import sysconfig
from pathlib import Path

root = Path(__file__).resolve().parent.parent
(Path(sysconfig.get_path("purelib")) / "fanzha_bot.pth").write_text(f"{root}\n", encoding="utf-8")
command = Path(sys.executable).parent / "fanzha"
command.write_text(
    "#!/bin/sh\n"  # not "#!python": a path with spaces cannot stand there
    'exec "$(dirname "$0")/python" -m bot "$@"\n',
    encoding="utf-8",
)
command.chmod(0o755)
