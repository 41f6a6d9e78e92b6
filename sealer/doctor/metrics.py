"""Single values of a page of metrics in the format of Prometheus."""

import math
import re

from sealer.doctor.facts import Fact

_PREFIX = "sealed_secrets_controller_"


def value_of(metrics: Fact[str], name: str, labels: str = "") -> float | None:
    """Return one series of the controller; None where it is no number, not known, or not there.

    Args:
        metrics: The page.
        name: The metric, without the prefix that all of them have.
        labels: The labels as they stand between the braces; empty for none.
    """
    if not metrics.is_known:
        return None
    series = _PREFIX + name + (f"{{{labels}}}" if labels else "")
    found = re.search(rf"^{re.escape(series)} (\S+)$", metrics.get(), re.MULTILINE)
    try:
        value = float(found[1]) if found else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
