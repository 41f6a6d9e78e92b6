"""The controller seals SealedSecrets anew with its newest key: `--re-encrypt`.

It is sent the items and the identity, and of its answer only the items are believed, so that
template, scope and comments stay what they are. An object in the V1 format becomes what the
controller makes of it, because its one value holds the whole Secret.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sealer.cli.cluster.controller import Controller
from sealer.cli.cluster.patience import Patience
from sealer.cli.cluster.refusals import HOPELESS
from sealer.cli.errors import ClusterError, ConflictError, ObjectRefusedError, ServerFaultError
from sealer.cli.kubeseal.files import write_file
from sealer.cli.kubeseal.objects import Objects, check_sealed_secret
from sealer.cli.kubeseal.session import Session
from sealer.errors import SealerError, Where
from sealer.faults import Faults
from sealer.manifest import SealedSecret, read_sealed_secret, sealedsecret
from sealer.sealing.amend import Amendment, amend
from sealer.sealing.recovery import PlacedSealedSecret
from sealer.sealing.reseal import Renewal
from sealer.sealing.rotation import RotationError, read_rotation, rotation_request
from sealer.sealing.splice import Form, Replacement, replace_objects
from sealer.sealing.survey import manifest_of
from sealer_keys.certificate import Certificate, load_certificate
from sealer_keys.errors import CertificateError

NOTHING = "no sealed secrets found. Ensure the input is valid and UTF-8 encoded"
_FAILED = "cannot re-encrypt secret"
_SET_BY_SERVER = ("creationTimestamp", "deletionTimestamp", "generation")


@dataclass(frozen=True, slots=True)
class Renewed:
    """An object, sealed anew.

    Attributes:
        placed: The object as it was.
        renewal: Its new items; None for an object in the V1 format.
        manifest: The whole new object as JSON values.
    """

    placed: PlacedSealedSecret
    renewal: Renewal | None
    manifest: Mapping[str, object]


def run(session: Session, patience: Patience | None = None) -> None:
    """Renew the input and write it; a file that was read and none to write is replaced.

    Args:
        session: What to do.
        patience: How long to wait for a controller that is busy.

    Raises:
        SealerError: An object cannot be renewed, something cannot be read, or not written.
    """
    settings = session.settings
    is_in_place = bool(settings.input_file and not settings.output_file)
    objects = session.read_objects(check_sealed_secret, NOTHING)
    rotation = _Rotation(session.controller, patience or Patience())
    renewed = rotation.renew_all(objects)
    if is_in_place and not settings.is_form_given:
        result = _edited(objects, renewed)
    else:
        result = session.format([one.manifest for one in renewed])
    if is_in_place:
        write_file(settings.input_file, result, expected=objects.data)
    else:
        session.write(result)


def _edited(objects: Objects, renewed: list[Renewed]) -> bytes:
    """Return the input with its objects renewed; in its own format, with its comments."""
    if all(one.renewal for one in renewed):
        return amend(
            objects.stream,
            [
                Amendment(one.placed, one.renewal.values, one.renewal.key)
                for one in renewed
                if one.renewal
            ],
        )
    is_json = all(document.is_json for document in objects.stream.documents)
    return replace_objects(
        objects.stream,
        [Replacement(one.placed.found, one.manifest) for one in renewed],
        Form.JSON if is_json else Form.YAML,
    )


class _Rotation:
    """Asks a controller about one object after the other."""

    def __init__(self, controller: Controller, patience: Patience) -> None:
        self._controller = controller
        self._patience = patience
        self._newest = _newest_of(controller)

    def renew_all(self, objects: Objects) -> list[Renewed]:
        renewed: list[Renewed] = []
        faults = Faults()
        for found in objects.found:
            try:
                with objects.placed(found):
                    sealed = read_sealed_secret(manifest_of(found))
                    renewed.append(self._renew(PlacedSealedSecret(found, sealed)))
            except HOPELESS as error:
                faults.add(error.about(_FAILED))
                break
            except (ClusterError, RotationError) as error:
                faults.add(_refusal(error, objects.place(found)))
            except SealerError as error:
                faults.add(error)
        faults.check()
        return renewed

    def _renew(self, one: PlacedSealedSecret) -> Renewed:
        manifest = manifest_of(one.found)
        if one.sealed.legacy_data is not None:
            answer = self._ask(json.dumps(manifest, separators=(",", ":")).encode())
            return Renewed(one, None, _clean(_whole(answer, one.sealed)))
        answer = self._ask(rotation_request(one.sealed))
        renewal = read_rotation(answer, one.sealed, self._newest)
        said = manifest.get("spec")
        spec = said if isinstance(said, dict) else {}
        items = {**one.sealed.encrypted_data, **renewal.values}
        return Renewed(one, renewal, _clean({**manifest, "spec": spec | {"encryptedData": items}}))

    def _ask(self, body: bytes) -> bytes:
        try:
            return self._patience.ask(lambda: self._controller.rotate(body, only_outdated=False))
        except ServerFaultError as error:
            raise self._cause(body, error) from None

    def _cause(self, body: bytes, error: ClusterError) -> ClusterError:
        """Return why an object was refused: the controller itself does not say."""
        try:
            self._patience.ask(lambda: self._controller.verify(body))
        except ConflictError:
            return ServerFaultError(
                "no key of the controller opens it under its name, namespace and scope",
                hint="is this the right cluster?",
            )
        except ClusterError as cause:
            return cause
        return error.otherwise("the controller opens it and fails to seal it: see its log")


def _refusal(error: SealerError, where: Where) -> ObjectRefusedError:
    is_answer = isinstance(error, ConflictError)
    message = "unable to rotate secret" if is_answer else f"{_FAILED}: {error.message}"
    return ObjectRefusedError(message, where=where, hint=error.hint)


def _newest_of(controller: Controller) -> Certificate | None:
    """Return the certificate that new values are sealed with, to check them by; None if unknown."""
    try:
        return load_certificate(controller.certificate(), minimum_bits=0)
    except (ClusterError, CertificateError):
        return None


def _whole(answer: bytes, before: SealedSecret) -> dict[str, object]:
    """Return the object that a controller answered with.

    Raises:
        RotationError: It is not the object that was sent.
    """
    kind = {"apiVersion": sealedsecret.API_VERSION, "kind": sealedsecret.KIND}
    try:
        manifest = {**json.loads(answer), **kind}
        after = read_sealed_secret(manifest)
    except (ValueError, TypeError, RecursionError, SealerError):
        raise RotationError("the controller's answer is no SealedSecret") from None
    if after.identity != before.identity or not after.encrypted_data:
        raise RotationError("the controller answered with another object")
    return manifest


def _clean(manifest: Mapping[str, object]) -> dict[str, object]:
    """Return an object without nulls and without what only the server sets."""
    cleaned: dict[str, object] = {}
    for key, value in manifest.items():
        if value is None:
            continue
        cleaned[key] = _clean(value) if isinstance(value, dict) else value
    metadata = cleaned.get("metadata")
    if isinstance(metadata, dict):
        for key in _SET_BY_SERVER:
            metadata.pop(key, None)
    return cleaned
