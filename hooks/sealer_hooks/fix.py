"""Seals what was found, where it stands: `sealer-hook --fix`. It stages nothing."""

import subprocess
import sys

from sealer.detect.remedy import Sealing
from sealer_hooks.console import say
from sealer_hooks.report.advice import by_path
from sealer_hooks.report.paths import printable
from sealer_hooks.verdict import Verdict

# The client of this very installation. A program of the name `sealer`, which any folder of the PATH
# may hold, is not asked; nor is a package in the current folder (-P), which is not trusted.
_PROGRAM = "import sys; from sealer.cli.main import main; sys.argv[0] = 'sealer'; sys.exit(main())"
_SEAL = (sys.executable, "-P", "-c", _PROGRAM, "seal", "--in-place")


def seal_findings(verdict: Verdict) -> bool:
    """Seal the objects whose findings a sealed value ends, and tell whether there are any.

    What has no finding, or one that is allowed, stays as it is: a placeholder that was sealed would
    never be filled in. So does an object that holds both, and its findings are reported. Every file
    is sealed by itself, so that one that cannot be keeps no other from it. The client says why it
    cannot, such as that a Secret has no namespace; SEALER_NAMESPACE and the other variables of
    `sealer seal` apply.

    Args:
        verdict: What was found in files on disk.
    """
    allowed = by_path(each.finding for each in verdict.allowed)
    is_tried = False
    for path, findings in by_path(verdict.findings).items():
        sealing = Sealing(findings, verdict.sealable.get(path, ()), allowed.get(path, ()))
        ready = sealing.ready()
        if not ready:
            continue
        is_tried = True
        # The client takes `-` for its standard input.
        file = f"./{path}" if path.startswith("-") else path
        command = [*_SEAL, *sealing.options(ready), "--", file]
        # Standard output is for the report.
        done = subprocess.run(  # noqa: S603 - no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode == 0:
            note = f"sealer-hook: sealed {printable(path)}; look at it, then `git add` it"
            say(sys.stderr, [note])
    return is_tried
