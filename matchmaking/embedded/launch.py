"""Becomes the command it is given: as another user if asked, and with a signal to come when its parent dies.

Run as a file, before the command: PARENT_PID DEATH_SIGNAL UID GID COMMAND…  (0 and - mean "leave it").
It stands between because `preexec_fn` is not safe in a process with threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, death_signal, uid, gid, *command = sys.argv[1:]
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if int(death_signal) and sys.platform == "linux":
        # A change of user clears it, so it comes after; it outlives the exec.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != int(parent):
            sys.exit("The process that wanted this one is gone.")
    try:
        os.execv(command[0], command)  # noqa: S606  the command is our own
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}.")


if __name__ == "__main__":
    main()
