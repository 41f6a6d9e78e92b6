"""How long a controller takes that finds many SealedSecrets and none of their Secrets.

Measured from the start of the process to the last Secret, on a real API server that shares the
machine. The private-key operations alone stand beside it: nothing can be faster. With `--plot FILE`
the times over numbers of objects and of keys are drawn.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import programs
from apiserver import Load, SecretWatch, api_server, namespace_with_keys, send
from measure import IS_QUICK, Figure, report, seconds, size
from plot import Line, Panel, drawing
from programs import Program
from sealer.envelope import open_value, seal_value
from sealer.scope import Identity, Scope
from sealer.sensitive import SecretBytes
from sealer_keys.generate import generate_key_pair
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair
from tests.cluster.server import Cluster

CORES = os.cpu_count() or 1
ITEMS = 5
OBJECTS = size(1000, 20)
KEYS = size(24, 3)
SOME_OBJECTS = (10, 20) if IS_QUICK else (125, 250, 500, 1000, 2000)
SOME_KEYS = (1, 3) if IS_QUICK else (1, 3, 6, 12, 24)
FEW_OBJECTS = size(250, 10)
IDENTITY = Identity(Scope.STRICT, "bench", "bench")
Start = Callable[[Cluster, str], AbstractContextManager[Program]]
_numbers = count(1)


def _keys(number: int) -> list[KeyPair]:
    """Return keys made a month apart, the newest first."""
    now = datetime.now(UTC)
    with ThreadPoolExecutor(CORES) as pool:
        made = [
            pool.submit(generate_key_pair, now - at * timedelta(days=30)) for at in range(number)
        ]
        return [each.result() for each in made]


def _bare(key: KeyPair, values: int) -> float:
    """Return how long so many values take with nothing around them, on all cores."""
    public_key = key.private_key.public_key()
    sealed = seal_value(SecretBytes(b"a value of ordinary length"), public_key, IDENTITY)
    keyring, sample = Keyring([key]), values // 5

    def work() -> None:
        with ThreadPoolExecutor(CORES) as pool:
            for _ in pool.map(lambda _: open_value(sealed, keyring, IDENTITY), range(sample)):
                pass

    return seconds(work, repeat=1) * values / sample


@dataclass(frozen=True)
class Taken:
    """Seconds from the start of a controller.

    Attributes:
        made: To the last Secret.
        told: To the last status and Event.
    """

    made: float
    told: float


def _measure(cluster: Cluster, start: Start, load: Load, keys: Sequence[KeyPair]) -> Taken:
    """Return how long a controller takes."""
    namespace = f"bench-{next(_numbers)}"
    namespace_with_keys(cluster, namespace, keys)
    send(cluster, load.manifests(namespace))
    watch = SecretWatch(cluster, namespace)
    with start(cluster, namespace) as program:
        made = watch.created(load.objects) - program.started
        told = program.wait_for_reconciles(load.objects) - program.started
    print(f"  {made:6.2f} s  {load.objects} objects, {len(keys)} keys", file=sys.stderr)
    return Taken(made, told)


def _figures(
    cluster: Cluster, keys: Sequence[KeyPair], name: str, start: Start, base: float
) -> list[Figure]:
    """Return the rows of one controller."""
    newest, each = keys[:1], tuple(keys)
    cases = {
        "1 key": (newest, newest, False),
        f"{len(keys)} keys, the newest used": (keys, newest, False),
        f"{len(keys)} keys, all used": (keys, each, False),
        f"{len(keys)} keys, all used, noted": (keys, each, True),
    }
    taken = {
        case: _measure(cluster, start, Load(OBJECTS, ITEMS, used, hints), held)
        for case, (held, used, hints) in cases.items()
    }
    told = taken["1 key"].told
    return [
        *(
            Figure(f"{name}, {case}", each.made, "s", each.made / base)
            for case, each in taken.items()
        ),
        Figure(f"{name}, 1 key, to the last status", told, "s", told / base),
    ]


def _panels(cluster: Cluster, keys: Sequence[KeyPair], starts: dict[str, Start]) -> list[Panel]:
    """Return what is drawn: time over objects, and time over keys."""
    newest, over_objects, over_keys = keys[:1], [], []
    for name, start in starts.items():
        points = [
            (objects, _measure(cluster, start, Load(objects, ITEMS, newest), newest).made)
            for objects in SOME_OBJECTS
        ]
        over_objects.append(Line(name, points))
        for hints, which in ((False, name), (True, f"{name}, keys noted")):
            points = [
                (number, _measure(cluster, start, load, keys[:number]).made)
                for number in SOME_KEYS
                for load in [Load(FEW_OBJECTS, ITEMS, keys[:number], hints)]
            ]
            over_keys.append(Line(which, points))
    return [
        Panel(f"Cold start, 1 key, {ITEMS} items each", "objects", "seconds", over_objects),
        Panel(f"Cold start, {FEW_OBJECTS} objects, all keys used", "keys", "seconds", over_keys),
    ]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--plot", type=Path, metavar="FILE")
    chosen, sys.argv[1:] = parser.parse_known_args()
    starts: dict[str, Start] = {"ours": programs.ours}
    if programs.ORIGINAL:
        starts["the original"] = programs.original
    keys = _keys(KEYS)
    base = _bare(keys[0], OBJECTS * ITEMS)
    figures = [Figure(f"{OBJECTS * ITEMS:,} private-key operations alone", base, "s", 1.0)]
    with api_server() as cluster:
        for name, start in starts.items():
            figures += _figures(cluster, keys, name, start, base)
        if programs.ORIGINAL:
            slow = partial(programs.original, flags=())
            taken = _measure(cluster, slow, Load(OBJECTS, ITEMS, keys[:1]), keys[:1]).made
            figures.append(
                Figure("the original with its throttle, 1 key", taken, "s", taken / base)
            )
        if chosen.plot:
            chosen.plot.write_text(drawing(_panels(cluster, keys, starts)))
    report(f"Cold start, {OBJECTS} objects of {ITEMS} items, RSA-4096", figures)


if __name__ == "__main__":
    main()
