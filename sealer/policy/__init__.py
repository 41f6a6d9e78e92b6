"""`.sealer.yaml`: which certificate seals what, agreed on in the repository itself.

model.py   clusters, their certificates and pins, and which files are whose
read.py    the file, read strictly: what is unknown is refused with its line
globs.py   patterns of paths
"""

from sealer.policy.model import Cluster, Policy
from sealer.policy.read import read_policy

__all__ = ["Cluster", "Policy", "read_policy"]
