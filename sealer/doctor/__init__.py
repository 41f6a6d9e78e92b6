"""`sealer doctor`: what is known of an installation, and checks of it, without any effect.

facts.py        what is known, and why the rest is not
finding.py      what a check is, and what it finds
settings.py     what the controller was told to do
workload.py     its Deployment and Pods
keys.py         its key Secrets, by their metadata
rights.py       the rights that it needs
rbac.py         who may do what
metrics.py      what its metrics say
moments.py, words.py  times that are read, and findings in words
checks/         the checks
"""

from sealer.doctor.checks import CHECKS
from sealer.doctor.finding import Check, Finding, Result, Status, examine

__all__ = ["CHECKS", "Check", "Finding", "Result", "Status", "examine"]
