"""What makers' MIBs say of the objects that profiles read, and whether the profiles agree.

`tools/mib_check.py` reads MIB text. What it finds is kept in `tests/cases/mibs/<profile>.yaml`, so
that the tests judge every profile without any MIB. The text itself is read, never kept.
"""
