"""The git hook: refuses commits that bring Secrets whose values can be read.

    main.py         the `sealer-hook` command: exit codes and crashes
    arguments.py    the command line
    sources/        what is looked at: files, the index, a push, a range, a history
    git/            the one package that runs git, in repositories that nobody trusts
    policy.py       what may pass: comments, `.sealer.yaml` (policyfiles.py), baseline.py
    newallows.py    comments that let something pass and are new since the base revision
    kustomizations.py  generators that did not change, of files that did
    verdict.py      what was found, left out or left open, over all files
    deadline.py     a run that ends by the clock
    fix.py          files sealed in place
    report/         the verdict for people and for programs
    console.py      writing it
    crash.py        where an error happened, and no word of what it says

What counts as readable is decided in `sealer.detect`. Nothing here imports more than it must: git
waits for the hook at every commit, and most commits touch no Secret.
"""
