"""Private keys on disk, and what they open.

keyfiles.py    PEM files, key Secrets, backups, and folders of them
passphrase.py  the passphrase of a backup
sweep.py       every SealedSecret: in files, in history, in a cluster
exposures.py   ... and which of them a key opens
"""
