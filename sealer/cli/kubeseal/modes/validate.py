"""The controller is asked whether SealedSecrets open: `--validate`."""

import json

from sealer.cli.cluster.controller import Controller
from sealer.cli.cluster.patience import Patience
from sealer.cli.cluster.refusals import HOPELESS
from sealer.cli.errors import ClusterError, ConflictError, ObjectRefusedError
from sealer.cli.kubeseal.objects import check_sealed_secret
from sealer.cli.kubeseal.session import Session
from sealer.errors import Where
from sealer.faults import Faults
from sealer.manifest import Found
from sealer.sealing.survey import manifest_of

_REFUSED = "unable to decrypt sealed secret"


def run(session: Session, patience: Patience | None = None) -> None:
    """Ask about every object; say nothing when all open.

    Args:
        session: What to do.
        patience: How long to wait for a controller that is busy.

    Raises:
        InputError: A document is no SealedSecret, or cannot be read, or there is none.
        ManyErrors: There are several faults.
        ObjectRefusedError: An object does not open.
        ClusterError: The controller cannot be asked.
    """
    objects = session.read_objects(check_sealed_secret, _REFUSED)
    patience, controller = patience or Patience(), session.controller
    faults = Faults()
    for found in objects.found:
        try:
            _ask(found, objects.place(found), controller, patience)
        except HOPELESS as error:
            faults.add(error)
            break
        except ClusterError as error:
            faults.add(error)
    faults.check()


def _ask(found: Found, where: Where, controller: Controller, patience: Patience) -> None:
    body = json.dumps(manifest_of(found), separators=(",", ":"), ensure_ascii=False).encode()
    try:
        patience.ask(lambda: controller.verify(body))
    except ConflictError:
        raise ObjectRefusedError(f"{_REFUSED}: {where.name}", where=where) from None
    except ClusterError as error:
        raise error.about("cannot validate sealed secret") from None
