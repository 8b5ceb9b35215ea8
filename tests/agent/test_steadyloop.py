"""The clock of the event loop: only time in which the loop ran is counted."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys

import pytest

from agent.steadyloop import Pulse, SteadyLoop, pulse_of
from tests.support import ROOT


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def wait(pulse: Pulse, clock: Clock, *, asked: float | None, slept: float) -> None:
    """Have the loop wait for its sockets."""
    pulse.begin_wait()
    clock.now += slept
    pulse.end_wait(asked)


@pytest.mark.parametrize(
    ("took", "asked", "slept", "counted"),
    [
        (0.0, 2.0, 2.0, 2.0),  # it slept as long as asked
        (0.0, 2.0, 0.5, 0.5),  # a socket woke it
        (0.0, None, 7.0, 7.0),  # nothing was planned: only a socket could wake it
        (0.01, 1.0, 1.0, 1.01),  # a short pass counts whole
        (0.02, 1.0, 1.0, 1.02),
        (5.0, 0.0, 0.0, 0.02),  # of a long pass 20 ms count
        (0.0, 2.0, 32.0, 0.0),  # stopped in a wait: none of it counts
        (0.0, 0.0, 30.0, 0.0),
        (30.0, 3.0, 33.0, 0.02),  # both
    ],
)
def test_only_time_in_which_the_loop_ran_is_counted(
    took: float, asked: float | None, slept: float, counted: float
) -> None:
    """Of a long pass through the callbacks and of a wait that ends late nearly nothing counts."""
    clock = Clock()
    pulse = Pulse(clock, float)
    before = pulse.time()
    clock.now += took
    wait(pulse, clock, asked=asked, slept=slept)
    assert pulse.time() - before == pytest.approx(counted)
    assert pulse.lost == pytest.approx(took + slept - counted)


def test_time_never_goes_back() -> None:
    """Neither within a pass nor around a wait."""
    clock = Clock()
    pulse = Pulse(clock, float)
    seen = [pulse.time()]
    for took, asked, slept in ((0.5, 1.0, 40.0), (0.0, 0.0, 0.0), (0.03, 0.01, 0.2)):
        clock.now += took
        seen.append(pulse.time())
        pulse.begin_wait()
        seen.append(pulse.time())
        clock.now += slept
        pulse.end_wait(asked)
        seen.append(pulse.time())
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(seen))


def test_the_lag_is_the_longest_time_without_a_look_at_the_sockets() -> None:
    """It is told once; a wait as long as asked is none."""
    clock = Clock()
    pulse = Pulse(clock, float)
    wait(pulse, clock, asked=60.0, slept=60.0)
    assert pulse.lag() == pytest.approx(0.0)
    clock.now += 0.25
    wait(pulse, clock, asked=1.0, slept=1.1)
    assert pulse.lag() == pytest.approx(0.25)
    assert pulse.lag() == 0.0
    wait(pulse, clock, asked=1.0, slept=31.0)
    assert pulse.lag() == pytest.approx(30.0)


def test_a_pause_is_five_seconds_without_a_look() -> None:
    """Shorter ones are the daily life of a busy machine."""
    clock = Clock()
    pulse = Pulse(clock, float)
    wait(pulse, clock, asked=1.0, slept=5.9)
    assert pulse.paused_at == float("-inf")
    wait(pulse, clock, asked=1.0, slept=6.1)
    assert pulse.paused_at == clock.now
    clock.now += 5.5  # a callback that does not return
    wait(pulse, clock, asked=1.0, slept=0.0)
    assert pulse.paused_at == clock.now


def test_work_is_the_cpu_time_of_a_pass_and_not_of_others() -> None:
    """Where other programs had the CPU meanwhile, the loop did not compute."""
    clock, cpu = Clock(), Clock()
    pulse = Pulse(clock, cpu)
    clock.now, cpu.now = clock.now + 3.0, cpu.now + 0.125
    wait(pulse, clock, asked=0.0, slept=0.0)
    cpu.now += 0.0625
    wait(pulse, clock, asked=0.0, slept=0.0)
    assert pulse.work() == 0.125
    assert pulse.work() == 0.0


def test_an_answer_that_came_while_the_process_was_stopped_beats_its_deadline() -> None:
    """The answer is in the socket when the loop goes on, and the deadline is past by the clock.

    A child of this process stops it and lets it go on; the answer is written in between.
    """
    child = (
        "import os, signal, sys, time\n"
        "pid, answer = int(sys.argv[1]), int(sys.argv[2])\n"
        "print(flush=True); time.sleep(0.1)\n"
        "os.kill(pid, signal.SIGSTOP); time.sleep(0.3); os.write(answer, b'x')\n"
        "time.sleep(1.7); os.kill(pid, signal.SIGCONT)\n"
    )
    program = (
        "import asyncio, os, subprocess, sys\n"
        "from agent.steadyloop import SteadyLoop\n"
        "async def main():\n"
        "    read, write = os.pipe()\n"
        "    loop, heard = asyncio.get_running_loop(), asyncio.Event()\n"
        "    loop.add_reader(read, heard.set)\n"
        f"    with subprocess.Popen([sys.executable, '-c', {child!r}, str(os.getpid()),"
        " str(write)], pass_fds=[write], stdout=subprocess.PIPE) as child:\n"
        "        child.stdout.readline()\n"
        "        await asyncio.wait_for(heard.wait(), 0.5)\n"
        "    print('heard', loop.pulse.lost > 1)\n"
        "with asyncio.Runner(loop_factory=SteadyLoop) as runner:\n"
        "    runner.run(main())\n"
    )
    # On a slow machine the child may stop the program after its half second.
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if "heard" in done.stdout:
            break
    assert done.stdout == "heard True\n", done.stderr


def test_other_loops_tell_nothing() -> None:
    """On a loop without a pulse nothing is ever late, and a steady one has its own."""
    steady, plain = SteadyLoop(), asyncio.new_event_loop()
    try:
        assert pulse_of(steady) is steady.pulse
        other = pulse_of(plain)
        assert (other.now(), other.lag(), other.work()) == (0.0, 0.0, 0.0)
    finally:
        steady.close()
        plain.close()
