"""One SealedSecret of a file is changed where it stands.

select.py    which one is meant
amending.py  items put, dropped and renamed
session.py   what `edit` shows, and what it makes of the answer
editing.py   a text edited until it can be used
editor.py    the user's editor
memory.py    a folder in memory, for what must not come to a disk
"""
