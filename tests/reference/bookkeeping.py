"""A gateway's folder that files are imported into, by the command."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.cli import main
from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.pue.pue import Pue
from tests.reference.answers import Product
from tests.support import light_folder
from tests.support.ledger import SITE, inventory

# Imported files


class RefusedError(Exception):
    """The command refused a file; what it said."""


class Bookkeeping:
    """A gateway's folder that files are imported into, by the command."""

    def __init__(self, folder: Path, stock: str) -> None:
        """Write the config and the inventory."""
        self._folder, self._stock = folder, inventory(stock)
        (folder / "inventory.yaml").write_text(stock, "utf-8")
        self._config = folder / "hubgauge.yaml"
        self._config.write_text(
            f"hub: guian\nsite: {SITE}\nstate_dir: {folder}/state\ninventory: inventory.yaml\n",
            "utf-8",
        )
        self._open: Ledger | None = None

    def take(self, header: str, rows: Sequence[str], *options: str) -> str:
        """Import rows; return what the command said.

        Raises:
            RefusedError: it refused the file, or rows of it without `--skip-refused`.
        """
        path = self._folder / "rows.csv"
        path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
        said = io.StringIO()
        common = ["ledger", "import", "--config", str(self._config), "--site", SITE]
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                status = main([*common, *options, str(path)])
            except SystemExit as error:
                status = int(error.code or 0)
        if status:
            raise RefusedError(said.getvalue())
        return said.getvalue()

    def product(self) -> Product:
        """Open what was imported."""
        self._open = Ledger(
            self._folder / "state" / "ledger.db",
            inventory=self._stock,
            settings=LedgerSettings(tidy=False),
        )
        pue = Pue(self._open, self._stock)
        while not pue.refresh():
            pass
        return Product(pue)

    def close(self) -> None:
        """Close it."""
        if self._open is not None:
            self._open.close()


@contextlib.contextmanager
def bookkeeping(stock: str) -> Iterator[Bookkeeping]:
    """Keep books in a folder of their own."""
    with light_folder() as folder:
        book = Bookkeeping(Path(folder), stock)
        try:
            yield book
        finally:
            book.close()
