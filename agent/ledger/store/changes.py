"""Numbers that grow with each change of a subject, whichever process makes it.

Who keeps something in memory compares the number with the one from before.
"""

from __future__ import annotations

import sqlite3
from typing import Literal

Subject = Literal["block", "stretch", "doubt", "unseen", "lull", "register", "site_hour", "heard"]


class ChangeTable:
    """The table `change`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def number(self, subject: Subject) -> int:
        """Return the number of a subject's last change; 0 before the first."""
        row = self._db.execute("SELECT number FROM change WHERE subject = ?", (subject,)).fetchone()
        return int(row[0]) if row else 0

    def count(self, subject: Subject) -> int:
        """Count a change and return its number."""
        number = self.number(subject) + 1
        self._db.execute("INSERT OR REPLACE INTO change VALUES (?, ?)", (subject, number))
        return number
