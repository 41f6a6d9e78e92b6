"""Secrets to SealedSecrets and back: the heart of the project, without files, clock or network.

seal.py      a Secret is sealed item by item
copies.py    annotations that hold a copy of a value are found and left behind
checks.py    what the API server would refuse about a Secret
unseal.py    a SealedSecret is opened item by item, all or nothing
hints.py     which key sealed which item, noted in an annotation
explain.py   why an item does not open, and where it was sealed for
rotation.py  what a controller is sent to seal an object anew, and what of its answer is believed

Whole files, where only the objects change and the rest passes byte for byte:

stream.py    a file is sealed
recovery.py  a file is unsealed
survey.py    what a file holds, and its faults
splice.py    objects in a file are replaced
amend.py     items of SealedSecrets are replaced, added, removed, renamed
reseal.py    every item that an older key sealed is sealed anew
draft.py     a SealedSecret as people edit it
mentions.py  template entries that speak of an item
comments.py  comments, and those that tell a value
advice.py    what people should know about what they seal
objects.py   every object of a file, of any kind

What can be told without a key:

blobs.py       a sealed value, seen from outside
facts.py       a SealedSecret, seen from outside
summary.py     a file with its sealed values in words
difference.py  what changed between two versions
pairing.py     which object of one version is which of another
"""

from sealer.sealing.checks import check_secret_type
from sealer.sealing.seal import Sealed, SealOptions, seal_secret
from sealer.sealing.unseal import Unsealed, UnsealOptions, unseal_secret

__all__ = [
    "SealOptions",
    "Sealed",
    "UnsealOptions",
    "Unsealed",
    "check_secret_type",
    "seal_secret",
    "unseal_secret",
]
