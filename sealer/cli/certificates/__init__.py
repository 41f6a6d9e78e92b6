"""The certificate to seal with, and where it comes from.

certificates.py  found, read, checked, and said aloud once
policyfile.py    `.sealer.yaml`, found upwards
fetch.py         from a URL
cache.py         what clusters gave, for when they cannot be reached
newest.py        what to compare with, without asking a cluster unbidden
"""
