"""Kubernetes objects as values: the Secret, the SealedSecret, and how they are read and written.

fields.py        typed access to decoded objects, with the path of what is wrong
kinds.py         which documents hold a Secret or a SealedSecret, `List`s included
secret.py        the Secret
sealedsecret.py  the SealedSecret
places.py        where in a file an object or a field stands
replication.py   annotations that have a Secret copied elsewhere

Of other kinds only what they have to do with Secrets is read:

cursor.py        a place inside an object that may be anything
references.py    which Secrets an object uses
mounts.py        where the items of a volume appear in containers
providers.py     which Secrets an object brings about
"""

from sealer.manifest.kinds import Found, find_objects
from sealer.manifest.sealedsecret import SealedSecret, Template, read_sealed_secret
from sealer.manifest.secret import Secret, read_secret

__all__ = [
    "Found",
    "SealedSecret",
    "Secret",
    "Template",
    "find_objects",
    "read_sealed_secret",
    "read_secret",
]
