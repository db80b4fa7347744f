"""`python -m demur` and the `demur` command."""

import sys

from demur.cli import main as run_command
from demur.logs import guard_tracebacks


def main() -> None:
    """Run the command line and end the process with its exit code."""
    guard_tracebacks()
    sys.exit(run_command())


if __name__ == "__main__":
    main()
