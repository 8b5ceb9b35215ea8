"""Who may put another file in the place of one that must be trusted, such as a secret.

Every folder in which a name of the path is looked up counts, also those that links lead through.
Only root and the agent's own user may own a folder, a link or the file. Others may write a folder
only if it is sticky: there, a file is renamed or deleted by its owner alone (`man 7 inode`).

In a user namespace the kernel shows users that have no number there as the overflow user
(`man 7 user_namespaces`). The root of the host is one of them, so a container sees the files that
were given to it under that number. It is trusted there, and nowhere else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

_ALL_USERS: Final = 2**32 - 1
"""How many users there are; where none is left out, a namespace maps them all."""
_OVERFLOW: Final = 65534


def who_may_replace(path: Path) -> str:
    """Say in one line why others could replace a file; empty if they cannot.

    Raises OSError where the path cannot be followed.
    """
    for place, status in _places(path):
        if not _is_trusted(status.st_uid):
            return (
                f"a secret, its folders and links must belong to root or to the agent's user"
                f" ({os.geteuid()}), but {place} belongs to {status.st_uid}{_as_that_user()}"
            )
        mode = status.st_mode
        if stat.S_ISDIR(mode) and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return f"a secret must not lie in a folder that all may write: chmod o-w {place}"
    return ""


def _places(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield each folder and link on the way to a file, from the root on, and the file."""
    first, *names = path.absolute().parts
    here = Path(first)
    yield here, here.lstat()
    names.reverse()
    while names:
        name = names.pop()
        if name == "..":
            here = here.parent  # no link is left in it
            continue
        place = here / name
        status = place.lstat()
        yield place, status
        if not stat.S_ISLNK(status.st_mode):
            here = place
            continue
        target = place.readlink()
        if target.is_absolute():
            here = Path(target.anchor)
        names += reversed(target.relative_to(target.anchor).parts)


def _as_that_user() -> str:
    """Say what root must do where a file belongs to the agent's user: root is not this user."""
    return "; if that is the agent's user, run this command as it" if os.geteuid() == 0 else ""


def _is_trusted(user: int) -> bool:
    return user in (0, os.geteuid()) or (user == _overflow_user() and _leaves_users_out())


@cache
def _overflow_user() -> int:
    try:
        return int(Path("/proc/sys/kernel/overflowuid").read_bytes())
    except (OSError, ValueError):
        return _OVERFLOW


def _leaves_users_out(uid_map: Path = Path("/proc/self/uid_map")) -> bool:
    """Tell whether this process is in a user namespace that does not map every user."""
    try:
        mapped = [int(line.split()[2]) for line in uid_map.read_text("ascii").splitlines()]
    except (OSError, ValueError, IndexError):
        return False
    return sum(mapped) < _ALL_USERS
