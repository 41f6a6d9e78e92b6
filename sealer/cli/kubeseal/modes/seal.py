"""Secrets to SealedSecrets: the mode without a flag."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sealer.cli.kubeseal.errors import KubeconfigError, NoKubeconfigError
from sealer.cli.kubeseal.objects import Objects
from sealer.cli.kubeseal.report import warn
from sealer.cli.kubeseal.secrets import check_kind, read_loosely, warnings_about
from sealer.cli.kubeseal.session import Session
from sealer.faults import Faults
from sealer.manifest import SealedSecret, Secret
from sealer.scope import Scope
from sealer.sealing import SealOptions, seal_secret
from sealer.sealing.advice import Notice, size_warnings
from sealer_keys.certificate import Certificate

NOTHING = "no secrets found. Ensure the input is valid and UTF-8 encoded"


@dataclass(frozen=True, slots=True)
class Sealing:
    """How Secrets are sealed.

    Attributes:
        certificate: The certificate.
        options: The rest.
        named: Gives a Secret the name and namespace that it is sealed under.
    """

    certificate: Certificate
    options: SealOptions
    named: Callable[[Secret], Secret]


def run(session: Session) -> None:
    """Seal the input and write it.

    Raises:
        SealerError: A Secret or the certificate cannot be used, or the result not written.
    """
    certificate, settings = session.certificate, session.settings
    _ = session.is_yaml  # an unknown format is refused before anything is read
    objects = session.read_objects(check_kind, NOTHING)
    # Strict cannot be told from nothing, so the annotations of the Secret stay as they are.
    scope = None if settings.scope is Scope.STRICT else settings.scope
    options = SealOptions(
        scope, settings.name, settings.access.namespace, allow_empty=settings.allows_empty
    )
    sealing = Sealing(certificate, options, lambda secret: _in_namespace(secret, scope, session))
    sealed = seal_objects(objects, sealing, session)
    session.write(session.format([one.to_object() for one in sealed]))


def seal_objects(objects: Objects, sealing: Sealing, session: Session) -> list[SealedSecret]:
    """Seal every Secret, and say what should be known about them.

    Raises:
        InputError: A Secret cannot be used.
        ManyErrors: There are several faults.
    """
    faults = Faults()
    results: list[SealedSecret] = []
    notices: list[Notice] = []
    for found in objects.found:
        with faults.collected(), objects.placed(found):
            secret = read_loosely(found)
            sealed = seal_secret(sealing.named(secret), sealing.certificate, sealing.options)
            template = replace(sealed.sealed_secret.template, finalizers=secret.finalizers)
            results.append(replace(sealed.sealed_secret, template=template))
            where = objects.place(found)
            notices += (Notice(text, where) for text in sealed.warnings)
            notices += (
                replace(notice, where=notice.where._replace(path=objects.name))
                for notice in warnings_about(secret, objects.stream, found)
            )
            notices += size_warnings(results[-1], where)
    faults.check()
    warn(notices, session.console)
    return results


def _in_namespace(secret: Secret, scope: Scope | None, session: Session) -> Secret:
    """Fill in the namespace of the kubeconfig's context, where one is needed and none is given."""
    is_free = (scope or Scope.of(secret.annotations)) is Scope.CLUSTER_WIDE
    if is_free or secret.namespace or session.settings.access.namespace:
        return secret
    try:
        return replace(secret, namespace=session.implied_namespace.namespace)
    except NoKubeconfigError:
        return secret
    except KubeconfigError as error:
        session.console.warn(error.message)
        return secret
