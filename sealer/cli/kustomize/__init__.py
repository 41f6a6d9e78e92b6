"""`sealer kustomize`: a plugin that makes and seals Secrets while kustomize builds.

exchange.py   what kustomize hands over and takes back, as a function or as an exec plugin
generator.py  a SealedSecretGenerator: a Secret from files and variables, sealed
transform.py  a SealedSecretTransformer: the Secrets of a build, sealed
root.py       the folder of the kustomization: which files may be read, what it will rename
sealing.py    what both seal with
"""

API_VERSION = "sealer.dev/v1"
GENERATOR = "SealedSecretGenerator"
TRANSFORMER = "SealedSecretTransformer"
