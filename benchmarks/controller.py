"""What a controller costs while little happens: restarts, the way of one change, memory.

On a real API server that shares the machine. The original, where its program is at hand, does the
same things after ours.
"""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import count

import programs
from apiserver import Load, SecretWatch, Sender, api_server, namespace_with_keys, send
from measure import Figure, report, size
from programs import Program
from sealer_keys.generate import generate_key_pair
from sealer_keys.private_key import KeyPair
from tests.cluster.server import Cluster

ITEMS = 5
OBJECTS = size(1000, 20)
MANY_OBJECTS = size(10_000, 100)
CHANGES = size(200, 5)
Start = Callable[[Cluster, str], AbstractContextManager[Program]]
_numbers = count(1)


def _idle(cluster: Cluster, start: Start, key: KeyPair) -> float:
    """Return the memory of a controller that has a key and nothing to do, in MiB."""
    with start(cluster, _namespace(cluster, key)) as program:
        program.wait_until_ready()
        return program.mebibytes


def _busy(cluster: Cluster, start: Start, key: KeyPair) -> tuple[float, float, list[float]]:
    """Return what a restart takes and how often it uses private keys, and the ways of changes."""
    namespace = _namespace(cluster, key)
    send(cluster, Load(OBJECTS, ITEMS, [key]).manifests(namespace))
    with start(cluster, namespace) as program:
        SecretWatch(cluster, namespace).created(OBJECTS)
        program.wait_for_reconciles(OBJECTS)
    with start(cluster, namespace) as program:
        taken = program.wait_for_reconciles(OBJECTS) - program.started
        operations = program.metrics().get("private_key_operations_total", 0.0)
        return taken, operations, _ways(cluster, namespace, key)


def _ways(cluster: Cluster, namespace: str, key: KeyPair) -> list[float]:
    """Return the seconds from each of some changes, one after the other, to its Secret."""
    ways = []
    watch, sender = SecretWatch(cluster, namespace), Sender(cluster)
    for manifest in Load(CHANGES, ITEMS, [key]).manifests(namespace, "fresh"):
        began = time.perf_counter()
        sender.create(manifest)
        ways.append(watch.created(1, "fresh-") - began)
    return sorted(ways)


def _many(cluster: Cluster, start: Start, key: KeyPair) -> float:
    """Return the memory of a controller of many objects of one item, in MiB."""
    namespace = _namespace(cluster, key)
    send(cluster, Load(MANY_OBJECTS, 1, [key]).manifests(namespace))
    with start(cluster, namespace) as program:
        SecretWatch(cluster, namespace).created(MANY_OBJECTS)
        program.wait_for_reconciles(MANY_OBJECTS)
        return program.mebibytes


def _namespace(cluster: Cluster, key: KeyPair) -> str:
    name = f"bench-{next(_numbers)}"
    namespace_with_keys(cluster, name, [key])
    return name


def _figures(cluster: Cluster, name: str, start: Start, key: KeyPair) -> list[Figure]:
    """Return the rows of one controller."""
    idle = _idle(cluster, start, key)
    restart, operations, ways = _busy(cluster, start, key)
    centiles = statistics.quantiles(ways, n=100)
    return [
        Figure(f"{name}, warm restart over {OBJECTS} objects", restart, "s", budget="5 s"),
        Figure("... private-key operations", operations, "", budget="0"),
        Figure(f"{name}, change to Secret, median", 1000 * centiles[49], "ms", budget="50 ms"),
        Figure("... 99th percentile", 1000 * centiles[98], "ms", budget="250 ms"),
        Figure(f"{name}, memory when idle", idle, "MiB", budget="60 MiB"),
        Figure(
            f"... with {MANY_OBJECTS} objects",
            _many(cluster, start, key),
            "MiB",
            budget="120 MiB",
        ),
    ]


def main() -> None:
    """Measure and report."""
    starts: dict[str, Start] = {"ours": programs.ours}
    if programs.ORIGINAL:
        starts["the original"] = programs.original
    key = generate_key_pair(datetime.now(UTC))
    figures: list[Figure] = []
    with api_server() as cluster:
        for name, start in starts.items():
            print(f"  {name} ...", file=sys.stderr)
            figures += _figures(cluster, name, start, key)
    report(f"Controller, objects of {ITEMS} items, RSA-4096", figures)


if __name__ == "__main__":
    main()
