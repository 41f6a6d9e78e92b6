"""What the command line reads and writes.

inputs.py       files, folders and standard input, in bounded size
ignored.py      what git ignores, and what lies in a git work tree
reading.py      files that are told about, the good ones in spite of the bad ones
git.py          git, run so that a repository's settings start nothing
revisions.py    files as they are in a git revision
history.py      manifests of all commits
output.py       files that are written, all of them or none
temporary.py    the temporary files for that, and those that runs left that were killed
ownership.py    mode, owner and group of what is replaced
destination.py  where results go: standard output, a file, a folder, in place
rewrite.py      files in, files out: what `seal` and `unseal` share
paths.py        what a path leads to
streams.py      the standard streams, when one is closed or full
pipeline.py     many files at once, a bounded number ahead
processes.py    copies of the process, for work on all cores
"""
