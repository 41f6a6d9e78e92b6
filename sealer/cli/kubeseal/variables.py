"""The environment says what flags say: `SEALED_SECRETS_CONTROLLER_NAME` is `--controller-name`.

The command line wins, and lists grow (compat.md 3.1, 4.1). A value that the flag cannot have is an
error; the original ignores it.
"""

from collections.abc import Iterable, Mapping

from sealer.cli.kubeseal.errors import FlagError
from sealer.cli.kubeseal.flags import Flag, Parsed
from sealer.cli.kubeseal.kinds import quote

PREFIX = "SEALED_SECRETS_"


def variable_of(flag: Flag) -> str:
    """Return the name of a flag's variable."""
    return PREFIX + flag.name.upper().replace("-", "_")


def read_variables(flags: Iterable[Flag], environment: Mapping[str, str], parsed: Parsed) -> None:
    """Take in what the environment says.

    Args:
        flags: The flags; those without a variable are left out.
        environment: The variables.
        parsed: Where to put what they say.

    Raises:
        FlagError: A flag cannot have what its variable says.
    """
    for flag in flags:
        text = environment.get(variable_of(flag))
        if text is not None and flag.has_variable:
            _take(flag, text, parsed)


def _take(flag: Flag, text: str, parsed: Parsed) -> None:
    if not text:
        if flag.kind.empty is not None:
            parsed.values[flag.stands_for or flag.name] = flag.kind.empty
        return
    try:
        parsed.set(flag, text)
    except ValueError as error:
        message = f"invalid value {quote(text)} of {variable_of(flag)}: {error}"
        raise FlagError(message) from None
