"""An object is sealed anew by the controller of a cluster, which has the private keys."""

from threading import Lock

from sealer.cli.cluster.controller import Controller
from sealer.cli.cluster.patience import Patience
from sealer.cli.errors import ClusterError, ConflictError, ServerFaultError
from sealer.errors import UnsealError
from sealer.manifest import SealedSecret
from sealer.sealing.hints import read_hints
from sealer.sealing.reseal import Renewal, refuse_v1
from sealer.sealing.rotation import (
    RotationError,
    is_hinted,
    read_rotation,
    rotation_request,
    with_values,
)
from sealer_keys.certificate import Certificate
from sealer_keys.fingerprint import short


class Rotation:
    """Renews objects through a controller.

    Args:
        controller: The controller.
        newest: The certificate that it seals with.
        patience: How long to wait for it when it is busy.
        must_know: Say `unknown` where nobody can tell whether an item had to be sealed anew.
    """

    def __init__(
        self,
        controller: Controller,
        newest: Certificate,
        patience: Patience,
        *,
        must_know: bool = False,
    ) -> None:
        self._controller = controller
        self._newest = newest
        self._patience = patience
        self._must_know = must_know
        self._spares: bool | None = None
        self._lock = Lock()

    def renew(self, sealed: SealedSecret) -> Renewal:
        """Renew the items of an object that the newest key does not seal.

        An object whose hints say that all its items are up to date is not sent.

        Raises:
            UnsealError: The controller has no key that opens it.
            ClusterError: The controller cannot be asked, refuses, or answers with something else.
            FieldError: The object is in the V1 format.
        """
        refuse_v1(sealed)
        if is_hinted(sealed, self._newest.fingerprint):
            return Renewal(kept=tuple(sorted(sealed.encrypted_data)))
        renewal = self._rotate(sealed)
        if self._must_know and not renewal.kept and not self._does_spare(sealed, renewal):
            return self._by_hints(sealed, renewal)
        return renewal

    def _by_hints(self, sealed: SealedSecret, renewal: Renewal) -> Renewal:
        """Return what hints tell, where the controller seals everything anew."""
        hints = read_hints(sealed)
        newest = short(self._newest.fingerprint)
        return Renewal(
            {
                item: text
                for item, text in renewal.values.items()
                if hints.get(item, newest) != newest
            },
            tuple(sorted(item for item, key in hints.items() if key == newest)),
            tuple(sorted(sealed.encrypted_data.keys() - hints.keys())),
            renewal.key,
        )

    def _rotate(self, sealed: SealedSecret) -> Renewal:
        request = rotation_request(sealed)
        try:
            answer = self._patience.ask(
                lambda: self._controller.rotate(request, only_outdated=True)
            )
        except (ServerFaultError, ConflictError) as error:
            raise self._reason(request, error) from None
        try:
            return read_rotation(answer, sealed, self._newest)
        except RotationError as error:
            hint = "nothing of it is used; with the private keys: sealer reseal --keys KEYS"
            raise ClusterError(error.message, hint=hint) from None

    def _does_spare(self, sealed: SealedSecret, renewal: Renewal) -> bool:
        """Tell whether the controller leaves up-to-date items alone; the original does not.

        It is asked once to renew what it has just renewed.
        """
        with self._lock:
            if self._spares is None:
                again = self._rotate(with_values(sealed, renewal.values))
                self._spares = not again.values
            return self._spares

    def _reason(self, request: bytes, error: ClusterError) -> ClusterError | UnsealError:
        """Return why an object was refused: the controller says no more than yes or no."""
        try:
            self._patience.ask(lambda: self._controller.verify(request))
        except ConflictError:
            return UnsealError(
                "the controller has no key that opens it under its name, namespace and scope",
                hint="sealer verify --keys KEYS tells more; is this the right cluster?",
            )
        except ClusterError as cause:
            return cause
        return error.about(
            "the controller can open it and does not seal it anew", hint="its log may say why"
        )
