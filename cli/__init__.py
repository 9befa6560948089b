"""The command line.

Until its commands are imported an interrupt ends the program at once and without a word, as it does any
program that has not begun.
"""

import signal
import sys
from pathlib import Path

_IS_PROGRAM = Path(sys.argv[0]).name == "residency"

if _IS_PROGRAM and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def accept_interrupts() -> None:
    """Let an interrupt be an exception again, for commands that have something to put in order."""
    if _IS_PROGRAM and signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def process_age() -> float:
    """Seconds since the program began, 0 where its commands are called from within another program."""
    if not _IS_PROGRAM:
        return 0.0
    import time

    import psutil

    return time.time() - psutil.Process().create_time()
