"""`.sealer.yaml`: which certificate seals what, agreed on in the repository itself.

model.py        clusters, their certificates and pins, and which files are whose
destination.py  which cluster a file is for, and which keys are another one's
read.py         the file, read strictly: what is unknown is refused with its line
hook.py         its section `hook`: severities, placeholders, and what may stay
reader.py       settings by their type, and the faults in them
globs.py        patterns of paths
"""

from sealer.policy.destination import Destination, destination
from sealer.policy.model import Allow, Cluster, HookPolicy, Policy
from sealer.policy.read import read_policy

__all__ = [
    "Allow",
    "Cluster",
    "Destination",
    "HookPolicy",
    "Policy",
    "destination",
    "read_policy",
]
