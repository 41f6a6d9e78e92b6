"""The git hook: refuses commits that bring Secrets whose values can be read.

    main.py      the `sealer-hook` command: arguments, exit codes, crashes
    sources.py   what is looked at: files on disk, or the staged blobs of the index
    git.py       the one module that runs git, in repositories that nobody trusts
    verdict.py   what was found, left out or left open, over all files
    report/      the verdict for people and for programs

What counts as readable is decided in `sealer.detect`. Nothing here imports more than it must: git
waits for the hook at every commit, and most commits touch no Secret.
"""
