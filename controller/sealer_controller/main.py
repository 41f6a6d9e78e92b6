"""The command `sealer-controller`: settings in, exit code out.

Exit codes: 0 when all went well, 1 when the controller cannot start or go on, or `--once` left
something undone, 2 when a flag or variable cannot be used.
"""

import gc
import os
import sys
from collections.abc import Sequence

from sealer import __version__
from sealer.errors import SealerError
from sealer_controller.settings.load import Action, SettingsError, load, render

__all__ = ["main"]

_FAILED, _MISUSED, _INTERRUPTED = 1, 2, 130
# Imports and objects leave hardly any garbage: with the usual 700 a start takes 25 ms more.
_OBJECTS_BEFORE_COLLECTION = 10_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the controller.

    Args:
        arguments: The command line without the program's name; None takes the process's own.

    Returns:
        The exit code.
    """
    try:
        return _main(sys.argv[1:] if arguments is None else arguments)
    except SystemExit as done:  # argparse has printed the help
        return int(done.code or 0)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SealerError as error:
        return _refuse(error, _MISUSED if isinstance(error, SettingsError) else _FAILED)
    except ModuleNotFoundError as error:
        return _refuse_without(error)
    except Exception as error:  # noqa: BLE001 - its text may hold anything, so it is not shown
        return _report(error)


def _main(arguments: Sequence[str]) -> int:
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    loaded = load(arguments, os.environ)
    if loaded.action is Action.PRINT_VERSION:
        sys.stdout.write(f"controller version: {__version__}\n")
        return 0
    if loaded.action is Action.PRINT_SETTINGS:
        sys.stdout.write(render(loaded))
        return 0
    # Only now, so that help and version come at once.
    from sealer_controller.app import run  # noqa: PLC0415

    return run(loaded, os.environ)


def _refuse(error: SealerError, code: int) -> int:
    hint = f" ({error.hint})" if error.hint else ""
    sys.stderr.write(f"sealer-controller: {error.message}{hint}\n")
    return code


def _refuse_without(error: ModuleNotFoundError) -> int:
    """Tell that packages are missing: the client and the hook are installed without them."""
    package = (error.name or "").partition(".")[0]
    if package.startswith("sealer"):
        return _report(error)
    hint = "install the extra `controller`; in the checkout: pip install '.[controller]'"
    return _refuse(SealerError(f"the package {package} is not installed", hint=hint), _FAILED)


def _report(error: Exception) -> int:
    from sealer_controller.logs import described  # noqa: PLC0415 - not before it is needed

    words = " ".join(f"{key}={text}" for key, text in described(error).items())
    sys.stderr.write(f"sealer-controller: internal error, please report it: {words}\n")
    return _FAILED


if __name__ == "__main__":
    sys.exit(main())
