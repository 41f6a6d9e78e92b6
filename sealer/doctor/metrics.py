"""Single values of a page of metrics in the format of Prometheus."""

import re

from sealer.doctor.facts import Fact

_PREFIX = "sealed_secrets_controller_"


def value_of(metrics: Fact[str], name: str, labels: str = "") -> float | None:
    """Return one series of the controller; None where it is not known, or there is none.

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
        return float(found[1]) if found else None
    except ValueError:
        return None
