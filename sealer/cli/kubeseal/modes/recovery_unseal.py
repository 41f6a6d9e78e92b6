"""SealedSecrets to Secrets with the private keys at hand: `--recovery-unseal`."""

from collections.abc import Mapping
from dataclasses import replace

from sealer.cli.kubeseal.keys import load_keyring
from sealer.cli.kubeseal.objects import Objects, check_sealed_secret
from sealer.cli.kubeseal.session import Session
from sealer.cli.resealing.rendering import render
from sealer.errors import UnsealError
from sealer.faults import Faults
from sealer.manifest import read_sealed_secret
from sealer.sealing import UnsealOptions, unseal_secret
from sealer.sealing.survey import manifest_of
from sealer_keys.keyring import Keyring

NOTHING = "no sealed secrets found. Ensure the input is valid and UTF-8 encoded"


def run(session: Session) -> None:
    """Open the input and write readable Secrets, for their owner only.

    Raises:
        SealerError: An object does not open, something cannot be read, or not written.
    """
    _ = session.is_yaml  # an unknown format is refused before anything is read
    objects = session.read_objects(check_sealed_secret, NOTHING)
    keyring = load_keyring(session.settings.recovery_keys, session.console)
    session.write(session.format(_opened(objects, keyring)), is_private=True)


def _opened(objects: Objects, keyring: Keyring) -> list[Mapping[str, object]]:
    results: list[Mapping[str, object]] = []
    faults = Faults()
    for found in objects.found:
        with faults.collected(), objects.placed(found):
            sealed = read_sealed_secret(manifest_of(found))
            try:
                secret = unseal_secret(sealed, keyring, UnsealOptions(render=render)).secret
            except UnsealError as error:
                error.where = objects.place(found)
                raise
            # The owner has no uid yet, and the API server refuses an empty one.
            results.append(replace(secret, owner_references=()).to_object())
    faults.check()
    return results
