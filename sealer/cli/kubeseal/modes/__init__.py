"""What a run does, a module each. The first one that is asked for is done (compat.md 4.1)."""

from collections.abc import Callable
from importlib import import_module

from sealer.cli.kubeseal.session import Session
from sealer.cli.kubeseal.settings import Settings

_MODES: tuple[tuple[str, Callable[[Settings], object]], ...] = (
    ("recovery_unseal", lambda settings: settings.unseals),
    ("validate", lambda settings: settings.validates),
    ("re_encrypt", lambda settings: settings.re_encrypts),
    ("fetch_cert", lambda settings: settings.fetches_certificate),
    ("merge_into", lambda settings: settings.merge_into),
    ("raw", lambda settings: settings.is_raw),
    ("seal", lambda _: True),
)


def mode_of(settings: Settings) -> str:
    """Return the name of the mode that is asked for."""
    return next(name for name, is_asked_for in _MODES if is_asked_for(settings))


def run_mode(session: Session) -> None:
    """Do what is asked for.

    Raises:
        SealerError: It cannot be done; the type says why.
    """
    import_module(f"{__name__}.{mode_of(session.settings)}").run(session)
