"""A disk that fails when it is told to, by the kernel's own block layer.

    python -m tests.support.failing_disk POINT MOUNTED SIGN

serves a FUSE file system of one file, `POINT/disk`, from its memory. While the file SIGN is there,
each read, write and sync of it gets EIO. A loop device over that file is a disk whose requests
fail, and `failing_disk` mounts a file system that lies on it, at MOUNTED. When its standard input
ends, for the test has ended or was killed, it takes both mounts away.

The protocol is that of /usr/include/linux/fuse.h, version 7.31.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support import HANGS, ROOT, binary, wait_for

SIZE: Final = 32 * 2**20
MOST: Final = 2**17
"""Bytes of a write."""
MNT_DETACH: Final = 2
_HEAD: Final = struct.Struct("<IIQQIIIHH")
_ROOT_NODE, _FILE_NODE = 1, 2
_LOOKUP, _FORGET, _GETATTR, _SETATTR, _OPEN, _READ, _WRITE = 1, 2, 3, 4, 14, 15, 16
_RELEASE, _FSYNC, _FLUSH, _INIT, _OPENDIR, _RELEASEDIR = 18, 20, 25, 26, 27, 29
_INTERRUPT, _DESTROY, _BATCH_FORGET = 36, 38, 42
_SILENT: Final = (_FORGET, _BATCH_FORGET, _INTERRUPT)


def mount_fuse(point: Path) -> int:
    """Mount a FUSE file system that nobody serves yet; returns its device's descriptor.

    Raises OSError where that is not allowed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"tests", os.fsencode(point), b"fuse", 0, options) != 0:
        os.close(device)
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return device


def unmount_fuse(point: Path) -> bool:
    """Take a mount away, whoever still uses it; returns whether it was there."""
    return bool(ctypes.CDLL(None, use_errno=True).umount2(os.fsencode(point), MNT_DETACH) == 0)


class Served:
    """Answers the kernel's requests for the one file."""

    def __init__(self, sign: Path) -> None:
        self._sign = sign
        self._bytes = bytearray(SIZE)
        self._answers: dict[int, Callable[[int, bytes], bytes]] = {
            _INIT: lambda *_: struct.pack(
                "<IIIIHHIIHHI28x", 7, 31, MOST, *[0] * 3, MOST, 1, *[0] * 3
            ),
            _LOOKUP: lambda *_: (
                struct.pack("<4Q2I", _FILE_NODE, 0, 9, 9, 0, 0) + self._attributes(2)
            ),
            _GETATTR: lambda node, _: struct.pack("<QII", 9, 0, 0) + self._attributes(node),
            _SETATTR: lambda node, _: struct.pack("<QII", 9, 0, 0) + self._attributes(node),
            _READ: self._read,
            _WRITE: self._write,
            **dict.fromkeys((_OPEN, _OPENDIR), lambda *_: bytes(16)),
            **dict.fromkeys((_FSYNC, _FLUSH, _RELEASE, _RELEASEDIR, _DESTROY), lambda *_: b""),
        }

    def answer(self, code: int, node: int, body: bytes) -> tuple[int, bytes]:
        """Return an error's number, or 0 and what is answered."""
        if code in (_READ, _WRITE, _FSYNC, _FLUSH) and self._sign.exists():
            return errno.EIO, b""
        if code == _LOOKUP and body != b"disk\0":
            return errno.ENOENT, b""
        made = self._answers.get(code)
        return (0, made(node, body)) if made is not None else (errno.ENOSYS, b"")

    def _read(self, _node: int, body: bytes) -> bytes:
        at, length = struct.unpack_from("<8xQI", body)
        return bytes(self._bytes[at : at + length])

    def _write(self, _node: int, body: bytes) -> bytes:
        at, length = struct.unpack_from("<8xQI", body)
        self._bytes[at : at + length] = body[40 : 40 + length]
        return struct.pack("<II", length, 0)

    def _attributes(self, node: int) -> bytes:
        size, mode = (0, 0o40755) if node == _ROOT_NODE else (SIZE, 0o100600)
        return struct.pack("<6Q10I", node, size, size // 512, *[0] * 6, mode, 1, 0, 0, 0, 4096, 0)

    def serve(self, device: int) -> None:
        """Answer until the mount is gone."""
        while True:
            try:
                request = os.read(device, MOST + 2**16)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EINTR):  # the asker has given up
                    continue
                return
            length, code, unique, node, *_ = _HEAD.unpack_from(request)
            if code in _SILENT:
                continue
            wrong, body = self.answer(code, node, request[_HEAD.size : length])
            os.write(device, struct.pack("<IiQ", 16 + len(body), -wrong, unique) + body)


@contextmanager
def failing_disk(folder: Path, sign: Path) -> Iterator[Path]:
    """Mount a file system on such a disk until the block ends; skips where that cannot be had."""
    if (
        os.geteuid() != 0
        or not Path("/dev/fuse").exists()
        or not Path("/dev/loop-control").exists()
    ):
        pytest.skip("needs root, FUSE and loop devices")
    point, mounted = folder / "fuse", folder / "disk"
    point.mkdir()
    mounted.mkdir()
    with ExitStack() as undo:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.failing_disk", point, mounted, sign],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the test: it ends what it has begun
        )
        undo.callback(server.kill)
        undo.callback(server.wait, HANGS)
        undo.callback(server.stdin.close)
        wait_for(lambda: server.poll() is not None or os.path.ismount(point), what="the FUSE mount")
        if server.poll() is not None:
            pytest.skip("FUSE cannot be mounted here")
        found = _run("losetup", "--find", "--show", point / "disk")
        if found.returncode:
            pytest.skip(f"no loop device: {found.stderr}")
        device = found.stdout.strip()
        made = _run("mkfs.ext2", "-q", "-b", "4096", "-F", device)
        mount = _run("mount", "-o", "errors=continue", device, mounted)
        _run("losetup", "--detach", device)  # as soon as nothing is mounted from it
        assert not made.returncode, made.stderr
        if mount.returncode:
            pytest.skip(f"no file system on a loop device: {mount.stderr}")
        undo.callback(sign.unlink, missing_ok=True)
        yield mounted


def _run(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    command = [binary(name), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _end_with_input(*mounts: Path) -> None:
    """Wait for the end of the standard input, then take the mounts away, so that serving ends."""
    sys.stdin.buffer.read()
    for mount in mounts:
        unmount_fuse(mount)


if __name__ == "__main__":
    POINT, MOUNTED, SIGN = map(Path, sys.argv[1:])
    DEVICE = mount_fuse(POINT)
    threading.Thread(target=_end_with_input, args=(MOUNTED, POINT), daemon=True).start()
    Served(SIGN).serve(DEVICE)
