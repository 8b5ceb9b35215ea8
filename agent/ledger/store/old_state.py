"""What version 3 of the ledger kept in one table of keys and texts, brought into tables.

Five families of facts were in the table `state`:

    register:METER = STEP SINCE,  export:METER = SINCE,  boundary:SITE:POINT = DIGEST,
    total:SITE:NAME = AMOUNT, and four numbers of changes under plain words.

A site may have colons in its name; a point and the name of a total have none.
"""

from __future__ import annotations

from typing import Final

_LAST_COLON: Final = "length(rtrim(key, replace(key, ':', '')))"

REGISTERS_FROM_STATE: Final = """INSERT INTO register
    SELECT cast(substr(key, 10) AS INTEGER),
        cast(substr(value, 1, instr(value, ' ') - 1) AS INTEGER),
        cast(substr(value, instr(value, ' ') + 1) AS INTEGER)
    FROM state WHERE key >= 'register:' AND key < 'register;'"""
EXPORTS_FROM_STATE: Final = """INSERT INTO register
    SELECT cast(substr(key, 8) AS INTEGER), 0, cast(value AS INTEGER)
    FROM state WHERE key >= 'export:' AND key < 'export;'
    ON CONFLICT DO UPDATE SET since = min(since, excluded.since)"""
BOUNDARIES_FROM_STATE: Final = f"""INSERT INTO boundary
    SELECT substr(key, 10, {_LAST_COLON} - 10), substr(key, {_LAST_COLON} + 1), value
    FROM state WHERE key >= 'boundary:' AND key < 'boundary;'"""
TOTALS_FROM_STATE: Final = f"""INSERT INTO site_total
    SELECT substr(key, 7, {_LAST_COLON} - 7), substr(key, {_LAST_COLON} + 1),
        cast(value AS REAL)
    FROM state WHERE key >= 'total:' AND key < 'total;'"""
CHANGES_FROM_STATE: Final = """INSERT INTO change
    SELECT CASE key WHEN 'generation' THEN 'site_hour' WHEN 'blocks' THEN 'block'
        WHEN 'bridges' THEN 'stretch' ELSE 'register' END, cast(value AS INTEGER)
    FROM state WHERE key IN ('generation', 'blocks', 'bridges', 'registers')"""
