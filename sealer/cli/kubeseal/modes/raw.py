"""One value to one sealed string: `--raw`."""

from sealer.cli.kubeseal.errors import NoKubeconfigError, RequestError
from sealer.cli.kubeseal.files import read_file
from sealer.cli.kubeseal.session import Session
from sealer.envelope import seal_value
from sealer.scope import Identity, Scope
from sealer.sensitive import SecretBytes


def run(session: Session) -> None:
    """Seal one value and write it without a line end.

    Raises:
        SealerError: Something is missing, or cannot be read or written.
    """
    certificate = session.certificate
    identity = _identity(session)
    value = _read_value(session)
    session.write(seal_value(value, certificate.public_key, identity).encode())


def _identity(session: Session) -> Identity:
    settings = session.settings
    scope, namespace, name = settings.scope, settings.access.namespace, settings.name
    if scope is Scope.CLUSTER_WIDE:
        return Identity(scope, "", "")
    if not namespace:
        namespace = _implied_namespace(session)
    if scope is Scope.STRICT and not name:
        raise RequestError(f"must provide the --name flag with --raw and --scope {scope.value}")
    return Identity(scope, namespace, name)


def _implied_namespace(session: Session) -> str:
    try:
        implied = session.implied_namespace
    except NoKubeconfigError:
        scope = session.settings.scope.value
        message = f"must provide the --namespace flag with --raw and --scope {scope}"
        raise RequestError(message) from None
    session.console.note(
        f"the value is sealed for namespace {implied.namespace}, from {implied.origin}"
    )
    return implied.namespace


def _read_value(session: Session) -> SecretBytes:
    files = session.settings.from_files
    if len(files) > 1:
        raise RequestError(
            "must provide only one --from-file when encrypting a single item with --raw"
        )
    if files:
        name = files[0].partition("=")[2] or files[0]
        data = read_file(name)
    else:
        data = session.read_input()
    if data.endswith(b"\n"):
        session.console.warn(
            "the value ends with a line end, which is sealed too",
            hint="`printf %s VALUE` and `echo -n VALUE` write none",
        )
    return SecretBytes(data)
