"""The options that describe a simulated site, shared by `demo` and `simulate`."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def add_site_options(
    parser: argparse.ArgumentParser,
    *,
    racks: Callable[[str], int] = int,
    fault: Callable[[str], object] = str,
) -> None:
    """Add `--hub`, `--racks`, `--seed`, `--make`, `--fault` and `--months`.

    `racks` and `fault` parse one value, and raise argparse.ArgumentTypeError for a wrong one.
    """
    parser.add_argument(
        "--hub", default="guian", metavar="H", help="a key of the registry (default: %(default)s)"
    )
    parser.add_argument(
        "--racks",
        type=racks,
        default=24,
        metavar="N",
        help="the number of racks; each has two PDUs (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        metavar="S",
        help="the same seed gives the same site (default: %(default)s)",
    )
    parser.add_argument(
        "--make",
        action="append",
        default=[],
        metavar="PROFILE[,…]",
        help="the profiles of the simulated PDUs, UPSs, coolers and meters, or `all` "
        "(default: the usual ones)",
    )
    parser.add_argument(
        "--fault",
        action="append",
        type=fault,
        default=[],
        metavar="DEVICE=FAULT[:N][@S[-S]]",
        help="make a device silent, garbage, slow, stuck, reset or replaced, "
        "from one second of the run to another; may be repeated",
    )
    parser.add_argument(
        "--months",
        type=float,
        default=13.0,
        metavar="M",
        help="the months of simulated past (default: %(default)s)",
    )
