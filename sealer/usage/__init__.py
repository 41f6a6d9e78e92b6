"""Which workloads use which Secrets, as far as manifests tell.

inventory.py  Secrets that are brought about, and the places that use them
resolve.py    which of both belong together, and what is missing
names.py      item keys as names of environment variables
report.py     the answer, Secret by Secret
"""

from sealer.usage.inventory import Inventory, Source, Use
from sealer.usage.resolve import Resolver

__all__ = ["Inventory", "Resolver", "Source", "Use"]
