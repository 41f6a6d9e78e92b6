"""Several observers hear what one would, method by method."""

import inspect
from datetime import UTC, datetime
from unittest.mock import create_autospec

from sealer_controller.objects import Key
from sealer_controller.observer import Observer
from sealer_controller.observers import Observers
from sealer_keys.keyring import Keyring
from tests.controller.test_health import RESULT

CALLS: dict[str, tuple[object, ...]] = {
    "reconciled": (RESULT,),
    "removed": (Key("shop", "db"),),
    "queue_changed": (1, 2),
    "keys_used": (3, 4),
    "healing_put_off": (Key("shop", "db"),),
    "keys_changed": (Keyring(), 5),
    "backups_changed": (datetime(2027, 1, 1, tzinfo=UTC), 1),
    "next_renewal": (datetime(2027, 1, 1, tzinfo=UTC),),
    "key_renewal_failed": (),
    "lease_reached": (),
    "lease_not_reached": (),
    "began_to_lead": (),
    "ceased_to_lead": (),
    "watch_heard": ("secrets",),
    "watch_restarted": ("secrets", "expired"),
}


def test_everything_is_passed_on_to_all() -> None:
    """Each call, with its arguments, to those who were there and to those who joined later."""
    first, second = (create_autospec(Observer, instance=True) for _ in range(2))
    observers = Observers(first)
    observers.add(second)
    for name, arguments in CALLS.items():
        getattr(observers, name)(*arguments)
        for each in (first, second):
            getattr(each, name).assert_called_once_with(*arguments)


def test_no_method_of_an_observer_is_forgotten() -> None:
    """A new method has to be passed on too."""
    methods = {
        name
        for name, _ in inspect.getmembers(Observer, inspect.isfunction)
        if not name.startswith("_")
    }
    assert methods == CALLS.keys()
    assert methods <= vars(Observers).keys()
