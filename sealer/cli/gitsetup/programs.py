"""The programs of this installation, and how git and its hooks are told to start them.

They are named by their full path, so that neither the folder in which git runs nor anything in the
repository decides what is started. Where that path is gone, the program on the PATH is taken.
"""

import shlex
import shutil
import sys
from pathlib import Path

from sealer.errors import InputError

CLIENT = "sealer"
HOOK = "sealer-hook"


def find_program(name: str) -> str:
    """Return the full path of one of our programs.

    Raises:
        InputError: It is not installed.
    """
    folders = (Path(sys.executable).parent, Path(sys.argv[0]).absolute().parent)
    places = [str(folder) for folder in folders]
    found = next((path for place in places if (path := shutil.which(name, path=place))), None)
    found = found or shutil.which(name)
    if found is None:
        raise InputError(
            f"{name} is not installed beside {sys.executable}",
            hint="install the whole package; in its checkout: pipx install .",
        )
    return Path(found).absolute().as_posix()


def textconv_command(program: str) -> str:
    """Return the shell command that shows a file to `git diff`.

    Where the program is missing or fails, the file is shown as it is: nobody should lose `git log`
    over it.
    """
    show = '{ [ "$program" ] && "$program" git textconv "$1"; } || cat "$1"'
    return f"f() {{ {_find(program, CLIENT)}; {show}; }}; f"


def merge_command(program: str) -> str:
    """Return the shell command that merges three versions of a file.

    Where the program is missing or fails, git's own merge of lines takes its place.
    """
    find = _find(program, CLIENT).replace("%", "%%")
    return (
        f'{find}; if [ "$program" ]; then "$program" git merge-driver %O %A %B %L %P; '
        'status=$?; [ "$status" -gt 1 ] || exit "$status"; fi; '
        "git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B || exit 1"
    )


def _find(program: str, name: str) -> str:
    """Return the shell command that sets `$program`; empty where there is none."""
    return f'program={shlex.quote(program)}; [ -x "$program" ] || program=$(command -v {name})'


def hook_script(hook: str, program: str) -> str:
    """Return one of the shell scripts that git runs as hooks.

    Args:
        hook: The name of the hook.
        program: The full path of `sealer-hook`.
    """
    return (_PUSH_SCRIPT if hook == "pre-push" else _COMMIT_SCRIPT).format(
        mark=MARK, hook=hook, find=_find(program, HOOK)
    )


MARK = "# Written by `sealer git install`; `sealer git uninstall` takes it away."
_HEAD = """\
#!/bin/sh
{mark}
# A hook of your own goes into {hook}.before-sealer beside this file; it runs first.
before="${{0%/*}}/{hook}.before-sealer"
{find}
if [ -z "$program" ]; then
    echo "{hook}: sealer-hook is gone, and without it nothing passes." >&2
    echo "Install sealer again, or take this hook away: sealer git uninstall" >&2
    exit 2
fi
"""
_COMMIT_SCRIPT = (
    _HEAD
    + """\
if [ -x "$before" ]; then
    "$before" "$@" || exit "$?"
fi
exec "$program" --staged
"""
)
_PUSH_SCRIPT = (
    _HEAD
    + """\
refs=$(cat)
say_refs() {{
    [ -z "$refs" ] || printf '%s\\n' "$refs" 2>/dev/null
}}
if [ -x "$before" ]; then
    say_refs | "$before" "$@" || exit "$?"
fi
say_refs | "$program" --pre-push "$@"
"""
)
