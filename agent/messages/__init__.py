"""What the pages say, in each language.

A language is a folder. To add one, copy `en/`, translate its files, and write its `language.yaml`.
No code knows which languages there are.
"""
