"""Backups of the sealing keys: one encrypted file that proves by itself that it can be used.

    errors.py     what can be wrong with a backup
    container.py  the file: what it is in the clear, the rest encrypted
    lock.py       a passphrase, or the certificates of keys that are kept elsewhere
    contents.py   what is inside: key Secrets, and a canary value for each key

docs/backup.md describes the format.
"""
