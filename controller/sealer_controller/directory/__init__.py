"""Folders of a plain host in place of an API server: the ports on files.

store.py      the port `Store`; opening.py puts all together
source.py     the source folder, read again whenever watch.py sees a change
parse.py      the SealedSecrets in one file
sightings.py  what is new, changed or gone since the last time
target.py     the target folder, locked for one controller
manifests.py  Secrets as manifests in it
volumes.py    Secrets as folders of files in it
records.py    which of them are ours
survey.py     what happens to those
status.py     what became of each object
ownfiles.py   that, and the certificate, for people to read
keys.py       the keys folder: the port `KeyVault`
files.py      reading and writing that follows no link and leaves nothing half-written
"""
