"""File formats, read and written: tables, dictionaries of other tools, run summaries; all files are put in place whole.

The modules of this room import nothing heavy before a function is called.
"""
