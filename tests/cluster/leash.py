"""Run a program that ends when its starter does, however that ends.

    python leash.py PROGRAM ARGUMENT...

The starter holds our standard input open. When it closes it, or is killed, the program is killed:
no server of a test outlives the test run.
"""

import subprocess
import sys
import threading

__all__ = ["main"]


def main(command: list[str]) -> int:
    """Run the command until it ends or standard input does; return its exit status."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def watch() -> None:
        sys.stdin.read()
        child.kill()

    threading.Thread(target=watch, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
