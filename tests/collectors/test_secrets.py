"""Secrets from files: which files are accepted, and what is said of the others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from collectors.base import ConfigError
from collectors.secrets import read_secret, read_secret_file, read_token


def _file(folder: Path, content: bytes, mode: int) -> Path:
    path = folder / "token"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o660])
def test_a_secret_of_owner_and_group_is_read(tmp_path: Path, mode: int) -> None:
    """A file that others cannot read is accepted, without its final newline."""
    assert read_secret(_file(tmp_path, b"s3cret\r\n", mode), "token_file") == "s3cret"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o606, 0o444])
def test_a_secret_that_all_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A token that every user of the machine can read is not used; the error names file and key."""
    path = _file(tmp_path, b"s3cret\n", mode)
    with pytest.raises(ConfigError, match="readable by all") as refused:
        read_secret(path, "outputs.influxdb.token_file")
    assert (refused.value.file, refused.value.key) == (str(path), "outputs.influxdb.token_file")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff", "is not UTF-8")]
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """An empty file and one that is no text are errors, not empty secrets."""
    with pytest.raises(ConfigError, match=message):
        read_secret(_file(tmp_path, content, 0o600), "token_file")


def test_a_secret_must_be_a_file(tmp_path: Path) -> None:
    """A folder and a file that is missing are errors with the key."""
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigError) as refused:
            read_secret(path, "token_file")
        assert refused.value.key == "token_file"


@pytest.mark.parametrize("mode", [0o602, 0o622, 0o662, 0o642])
def test_a_secret_that_all_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever writes the users' file lets himself in, though he cannot read it."""
    with pytest.raises(ConfigError, match=r"(readable|writable) by all"):
        read_secret(_file(tmp_path, b"s3cret\n", mode), "token_file")


def test_a_secret_that_all_may_replace_is_refused(tmp_path: Path) -> None:
    """In a folder that all may write, unless only the owner may delete there, as in /tmp."""
    folder = tmp_path / "open"
    folder.mkdir()
    path = _file(folder, b"s3cret\n", 0o600)
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="folder that all may write"):
        read_secret(path, "token_file")
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(ConfigError, match="folder that all may write"):
        read_secret(link, "token_file")
    folder.chmod(0o1777)
    assert read_secret(path, "token_file") == "s3cret"


@pytest.mark.parametrize("open_one", ["outer", "outer/links", "elsewhere", "elsewhere/data"])
def test_every_folder_on_the_way_to_a_secret_counts(tmp_path: Path, open_one: str) -> None:
    """Of the path, of a link in its middle, and of where it leads; the line names the folder."""
    for folder in ("outer/links", "elsewhere/data/inner"):
        (tmp_path / folder).mkdir(parents=True)
    _file(tmp_path / "elsewhere/data/inner", b"s3cret\n", 0o600)
    (tmp_path / "outer/links/data").symlink_to("../../elsewhere/data")
    path = tmp_path / "outer/links/data/inner/token"
    assert read_secret(path, "token_file") == "s3cret"
    folder = tmp_path / open_one
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="folder that all may write") as refused:
        read_secret(path, "token_file")
    assert refused.value.message.endswith(f"chmod o-w {folder}")
    folder.chmod(0o1777)
    assert read_secret(path, "token_file") == "s3cret"
    folder.chmod(0o775)  # as the file itself, which a group may write
    assert read_secret(path, "token_file") == "s3cret"


OTHER = 12345


def has_all_users() -> bool:
    """Tell whether this is root who may give files away, to users that have a number here."""
    with tempfile.NamedTemporaryFile() as file:
        try:
            os.chown(file.name, OTHER, 65532)
        except OSError:
            return False
    return os.geteuid() == 0


as_root = pytest.mark.skipif(not has_all_users(), reason="only root gives files away")


@as_root
@pytest.mark.parametrize("given", ["outer", "outer/link", "elsewhere", "elsewhere/token"])
def test_what_somebody_else_owns_is_refused(tmp_path: Path, given: str) -> None:
    """Its owner may replace a folder, a link or a file; also in a sticky folder as /tmp is."""
    for folder in ("outer", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder).chmod(0o1777)
    _file(tmp_path / "elsewhere", b"s3cret\n", 0o600)
    path = tmp_path / "outer/link"
    path.symlink_to("../elsewhere/token")
    assert read_secret(path, "token_file") == "s3cret"
    os.chown(tmp_path / given, OTHER, OTHER, follow_symlinks=False)
    if given == "outer/link" and Path("/proc/sys/fs/protected_symlinks").read_text() == "1\n":
        with pytest.raises(ConfigError, match="Permission denied"):  # the kernel itself refuses it
            read_secret(path, "token_file")
        return
    with pytest.raises(ConfigError, match="must belong to root") as refused:
        read_secret(path, "token_file")
    place, _, advice = refused.value.message.partition("; ")
    assert place.endswith(f"{tmp_path / given} belongs to {OTHER}")
    assert advice == "if that is the agent's user, run this command as it"


@as_root
def test_the_mount_of_a_secret_of_kubernetes_is_read(tmp_path: Path) -> None:
    """The kubelet makes it: a sticky folder of all, links to a folder with a date in its name."""
    mount, dated = tmp_path / "hubgauge", "..2026_11_29_16_30_00.123456789"
    (mount / dated).mkdir(parents=True)
    _file(mount / dated, b"s3cret\n", 0o440)
    (mount / "..data").symlink_to(dated)
    (mount / "token").symlink_to("..data/token")
    for path, mode in ((mount / dated, 0o2755), (mount, 0o3777)):
        os.chown(path, 0, 65532)
        path.chmod(mode)
    os.chown(mount / dated / "token", 0, 65532)
    assert read_secret(mount / "token", "token_file") == "s3cret"


@as_root
def test_in_a_user_namespace_the_files_of_the_host_are_read(tmp_path: Path) -> None:
    """A container sees their owner as nobody, since the owner has no number in it."""
    tool = shutil.which("unshare")
    if tool is None or subprocess.run([tool, "-Ur", "true"], check=False).returncode:
        pytest.skip("no user namespaces here")
    path = _file(tmp_path, b"s3cret\n", 0o640)
    os.chown(path, OTHER, 0)
    program = "import sys, pathlib; from collectors.secrets import read_secret as read; "
    words = [sys.executable, "-c", f"{program}print(read(pathlib.Path(sys.argv[1]), 'k'))", path]
    inside = subprocess.run(
        [tool, "--user", "--map-root-user", *words], check=True, capture_output=True, text=True
    )
    assert inside.stdout == "s3cret\n"
    outside = subprocess.run(words, check=False, capture_output=True, text=True)
    assert f"belongs to {OTHER}" in outside.stderr


@as_root
def test_nobody_is_a_user_like_others_where_all_have_numbers(tmp_path: Path) -> None:
    """On the host itself, a file of nobody is anybody's."""
    if Path("/proc/self/uid_map").read_text("ascii").split() != ["0", "0", "4294967295"]:
        pytest.skip("in a user namespace")
    path = _file(tmp_path, b"s3cret\n", 0o640)
    os.chown(path, 65534, 0)
    with pytest.raises(ConfigError, match="belongs to 65534"):
        read_secret(path, "token_file")


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    """A pipe without a writer would be waited for; one with a writer, and a device, are no file."""
    path = Path("/dev/zero") if kind == "device" else tmp_path / "secret"
    if kind == "pipe":
        os.mkfifo(path, 0o600)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(ConfigError, match="must be a regular file"):
        read_secret(path, "token_file")


@pytest.mark.parametrize("text", ["tok\u0085en", "to\u2028ken", "tok\u00a0en", "\u202etoken"])
def test_controls_of_unicode_are_refused(tmp_path: Path, text: str) -> None:
    """They are not seen, and cannot be typed: no password has them."""
    with pytest.raises(ConfigError, match="without control characters") as refused:
        read_secret(_file(tmp_path, text.encode(), 0o600), "password_file")
    assert "tok" not in refused.value.message


@pytest.mark.parametrize("text", ["t\u00f6ken", "\u5bc6\u7801", "token\uff1d"])
def test_a_token_is_ascii(tmp_path: Path, text: str) -> None:
    """A header of HTTP holds nothing else; a password is encoded first, and may be any text."""
    path = _file(tmp_path, f"{text}\n".encode(), 0o600)
    with pytest.raises(ConfigError, match="ASCII") as refused:
        read_token(path, "token_file")
    assert text not in str(refused.value)
    assert read_secret(path, "password_file") == text


@pytest.mark.parametrize(
    "content", [b"first\nsecond\n", b"tok\x00en\n", b"tok\ren", b"\tx", b"a\x7fb", b"a\r\nb"]
)
def test_a_secret_of_several_lines_is_refused_without_being_quoted(
    tmp_path: Path, content: bytes
) -> None:
    """A header of HTTP cannot hold it, and its error would quote the token in the log."""
    with pytest.raises(ConfigError, match="one line") as refused:
        read_secret(_file(tmp_path, content, 0o600), "token_file")
    told = refused.value.message
    assert not any(part in told for part in ("first", "second", "tok", "x00"))
    if b"\x00" not in content:
        read_secret_file(tmp_path / "token", "outputs.http.tls.key_file")


def test_a_secret_is_read_to_a_bound(tmp_path: Path) -> None:
    """A file of a megabyte is no secret."""
    with pytest.raises(ConfigError, match="longer than 65536 bytes"):
        read_secret(_file(tmp_path, b"x" * 2**20, 0o600), "token_file")
