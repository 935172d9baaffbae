"""Becomes another program that dies with its parent. Run as a script; imports nothing of ours.

    python -I -S launch.py <signal number> <parent's pid> <program> [argument …]

A supervisor that is killed outright (SIGKILL, out of memory) cannot end its children; on Linux the kernel does it for
us. The request is made here and not in a preexec function, which is unsafe in a process with threads, and after any
change of user, which would clear it. The kernel watches the *thread* that started us: start children from one that
lives as long as the process.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    signal_number, parent, command = int(argv[1]), int(argv[2]), argv[3:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit("the parent ended before its child began")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv)
