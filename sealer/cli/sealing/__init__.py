"""Files are sealed, compared with what earlier runs left, and created.

sealfiles.py      one file after the other, and what is said of it
sealcheck.py      `--check`: what would change (drift.py: how outputs differ)
earlier.py        what stands where results go
digests.py        what this user sealed before, as keyed digests (digeststore.py, statefolder.py)
createoptions.py  what all types of `create` have in common
creation.py       a Secret put together in memory, sealed, written
existing.py       ... where something stands already
naming.py         names with a random ending
"""
