"""Seals what was found, where it stands: `sealer-hook --fix`. It stages nothing."""

import subprocess
import sys

from sealer.detect.remedy import can_be_sealed
from sealer_hooks.console import say
from sealer_hooks.report.paths import printable
from sealer_hooks.verdict import Verdict

# The client of this very installation. A program of the name `sealer`, which any folder of the PATH
# may hold, is not asked; nor is a package in the current folder (-P), which is not trusted.
_PROGRAM = "import sys; from sealer.cli.main import main; sys.argv[0] = 'sealer'; sys.exit(main())"
_SEAL = (sys.executable, "-P", "-c", _PROGRAM, "seal", "--in-place", "--")


def seal_findings(verdict: Verdict) -> bool:
    """Seal the files whose findings a sealed value ends, and tell whether there are any.

    Every file is sealed by itself, so that one that cannot be keeps no other from it. The client
    says why it cannot, such as that a Secret has no namespace; SEALER_NAMESPACE and the other
    variables of `sealer seal` apply.

    Args:
        verdict: What was found in files on disk.
    """
    paths = [finding.path for finding in verdict.findings if can_be_sealed(finding)]
    for path in dict.fromkeys(paths):
        # The client takes `-` for its standard input.
        command = [*_SEAL, f"./{path}" if path.startswith("-") else path]
        # Standard output is for the report.
        done = subprocess.run(  # noqa: S603 - no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode == 0:
            note = f"sealer-hook: sealed {printable(path)}; look at it, then `git add` it"
            say(sys.stderr, [note])
    return bool(paths)
