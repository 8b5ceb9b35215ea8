"""`make fuzz`: atheris on each target for some seconds, guided by what the parser's code does.

What it finds becomes a case.

`python -m tests.fuzz [--seconds N] [TARGET …]`. An input that breaks a limit is written to
`tests/cases/fuzz/TARGET/`, where the suite judges it from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.target import CASES
from tests.fuzz.targets import targets


def main() -> int:
    """Run each target in a process of its own; exit status 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument(
        "--seconds",
        type=int,
        default=20,
        metavar="N",
        help="for each target (default: %(default)s)",
    )
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:  # before anything is loaded that is to be instrumented
        return fuzz(args.targets[0], args.seconds)
    unknown = sorted(set(args.targets) - set(targets()))
    if unknown:
        parser.error(f"no target {unknown[0]}; expected some of {', '.join(targets())}")
    found = 0
    for name in args.targets or targets():
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", "--one", name, "--seconds", str(args.seconds)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        lines = done.stdout.splitlines() + done.stderr.splitlines()
        runs = " ".join(
            line.rpartition(" ")[2] for line in lines if "number_of_executed_units" in line
        )
        say(f"{name:<24} {'ok' if done.returncode == 0 else 'FOUND'}  {runs or '?'} inputs")
        if done.returncode:
            found += 1
            say(
                "\n".join(
                    f"    {line}"
                    for line in lines
                    if "case:" in line or "Error" in line or "ERROR" in line
                )
            )
    return 1 if found else 0


def say(text: str) -> None:
    """Print at once, before a crash can take it away."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def fuzz(name: str, seconds: int) -> int:
    """Let atheris look for inputs; never returns where it ends by itself."""
    import atheris

    with atheris.instrument_imports(include=["collectors", "agent"]):
        target = targets()[name]
    from tests.fuzz.judge import attempt, judge, settle

    def keep(data: bytes, error: Exception) -> None:
        folder = CASES / "fuzz" / name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / hashlib.sha256(data).hexdigest()[:12]
        path.write_bytes(data)
        say(f"case: {path}: {type(error).__name__}: {error}")

    def one(data: bytes) -> None:
        try:
            # Instrumented code is several times slower: what seems slow here is judged again.
            if attempt(target, data) > target.seconds:
                judge(target, data)
        except Exception as error:
            keep(data, error)
            raise

    settle()
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(target.seeds):
            Path(corpus, f"seed-{number}").write_bytes(seed[: target.most])
        words = [
            sys.argv[0],
            corpus,
            f"-max_total_time={seconds}",
            f"-max_len={min(target.most, 4096)}",
            "-artifact_prefix=/dev/null",
            "-rss_limit_mb=2048",
            "-timeout=10",
            "-print_final_stats=1",
        ]
        atheris.Setup(words, one)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
