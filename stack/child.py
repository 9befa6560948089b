"""Run as a script: bind a program's life to its parent's, drop privileges, then become that program.

Usage: ``python -I -S child.py DEATH_SIGNAL PARENT_PID UID:GID|- PROGRAM [ARGUMENT...]``

It exists because the same done between fork and exec of the parent may deadlock there.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_NO_PARENT = 143


def main(arguments: list[str]) -> None:
    """Become the program named in the arguments."""
    death_signal, parent, user, *command = arguments
    if user != "-":
        uid, gid = (int(part) for part in user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user, which would clear it.
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != int(parent):
        sys.exit(_NO_PARENT)
    # Python ignores SIGPIPE and children would inherit that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # S606: becoming the given program is this script's purpose.
    os.execvpe(command[0], command, os.environ)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
