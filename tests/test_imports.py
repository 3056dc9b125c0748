"""What only records, reads and writes starts in a moment: torch is imported where something is executed."""

from __future__ import annotations

import subprocess
import sys

COMMANDS = ("grade", "watch", "prove", "report", "feedback", "export", "mark", "deadline")


def test_commands_import_no_torch():
    code = f"import sys\nfor name in {COMMANDS}:\n    __import__(f'autograder.commands.{{name}}')\n"
    code += "print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False"]
