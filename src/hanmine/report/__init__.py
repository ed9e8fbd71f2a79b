"""Pictures of results, for people to look at; nothing is fetched from outside.

The modules of this room import nothing heavy before a function is called.
"""
