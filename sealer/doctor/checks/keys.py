"""Checks of the sealing keys: usable, renewed, in a backup, not compromised."""

from collections.abc import Iterator
from datetime import timedelta

from sealer.doctor.facts import Facts, Gap, NotKnownError
from sealer.doctor.finding import Finding, fault, note, ok, warning
from sealer.doctor.keys import newest_of, records_of
from sealer.doctor.metrics import value_of
from sealer.doctor.settings import settings_of
from sealer.doctor.words import counted, for_people, listed
from sealer.doctor.workload import Program, deployment_of, program_of

# Renewal is put off by chance for minutes, and what fails is tried again for a while.
_SLACK = timedelta(hours=1)
_OLD_BACKUP = timedelta(days=180)
_BACK_UP = "sealer keys backup -w keys.backup"


def usable(facts: Facts) -> Iterator[Finding]:
    """Look whether there is a key that seals, and whether each can be read."""
    records = records_of(facts.keys.get())
    loaded = [each for each in records if each.is_loaded]
    if not any(each.seals for each in loaded):
        yield fault(
            "there is no key that may seal: no certificate, and new objects do not open",
            "restore a backup: sealer keys restore keys.backup; or let the controller make one",
        )
        return
    broken = value_of(facts.metrics, "keys", 'state="unusable"')
    if broken:
        yield fault(
            f"{counted(int(broken), 'key Secret')} cannot be read: what it sealed stays shut",
            "the controller's log names them; restore them: sealer keys restore keys.backup",
        )
        return
    set_aside = len(records) - len(loaded)
    yield ok(f"{len(loaded)} loaded" + (f", {set_aside} not loaded" if set_aside else ""))
    if program_of(facts) is not Program.ORIGINAL:
        facts.metrics.get()  # without them nobody knows whether each can be read
        if broken is None:
            raise NotKnownError(Gap("the controller's metrics do not say whether each can be read"))


def renewal(facts: Facts) -> Iterator[Finding]:
    """Look whether a new key is due and was not made."""
    period = settings_of(deployment_of(facts)).period
    newest = newest_of(facts.keys.get())
    if newest is None:
        yield fault("there is no key that may seal", "see the check `keys`")
        return
    age = facts.now - newest.created
    said = f"the newest key is {for_people(age)} old"
    if period is None:
        yield note(
            f"{said}; how often keys are renewed is not understood", "see --key-renew-period"
        )
    elif not period:
        yield note(f"{said}; keys are never renewed", "set --key-renew-period, such as 720h")
    elif age > period + _SLACK and not _is_dated_later(facts):
        yield fault(
            f"{said}, and a new one was due after {for_people(period)}",
            "the log and the Events of the newest key Secret say why none is made",
        )
    else:
        yield ok(f"{said}; the next one comes after {for_people(period)}")


def _is_dated_later(facts: Facts) -> bool:
    """Tell whether the controller itself says that it will make one later.

    The certificate of a key that somebody brought may begin later than its Secret was made.
    """
    when = value_of(facts.metrics, "next_renewal_timestamp_seconds")
    return bool(when) and when is not None and when > facts.now.timestamp()


def backup(facts: Facts) -> Iterator[Finding]:
    """Look whether every key that opens something is in a backup."""
    loaded = [each for each in records_of(facts.keys.get()) if each.is_loaded]
    missing = [each for each in loaded if each.backed_up is None]
    latest = facts.now + _SLACK
    newest = newest_of(facts.keys.get())
    if not loaded:
        yield fault("there is no key to back up", "see the check `keys`")
    elif missing:
        word = ", the one that seals among them" if newest in missing else ""
        names = listed([each.name for each in missing])
        yield warning(
            f"{len(missing)} of {len(loaded)} keys are in no backup{word}: {names}",
            f"{_BACK_UP}; without it, losing the cluster loses every sealed value",
        )
    elif ahead := [each for each in loaded if each.backed_up and each.backed_up > latest]:
        names = listed([each.name for each in ahead])
        yield warning(
            f"{counted(len(ahead), 'key')} marked as backed up in the future, so that nobody knows "
            f"whether and when: {names}",
            _BACK_UP,
        )
    else:
        last = max(each.backed_up for each in loaded if each.backed_up)
        age = facts.now - last
        if age > _OLD_BACKUP:
            yield note(
                f"the last backup is {for_people(age)} old",
                "is it still there, and does it open? sealer keys verify-backup keys.backup",
            )
        else:
            yield ok(
                f"{counted(len(loaded), 'key')} in a backup, the last one {for_people(age)} old"
            )


def compromised(facts: Facts) -> Iterator[Finding]:
    """Look for keys that are known to others and still open values."""
    marked = [
        each for each in records_of(facts.keys.get()) if each.is_loaded and each.is_compromised
    ]
    if marked:
        names = listed([each.name for each in marked])
        yield warning(
            f"marked compromised and still opening values: {names}",
            "change what they sealed, seal it anew, and retire them: "
            "sealer keys compromise, sealer reseal, sealer keys retire",
        )
    else:
        yield ok("none is marked compromised")
