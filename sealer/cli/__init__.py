"""The `sealer` command: one file per subcommand, nothing heavy imported before it is needed.

    main.py          runs a command and turns errors into messages and exit codes
    group.py         groups that load a command when it is asked for; what all commands share
    options.py       options that several commands have
    rewrite.py       files in, files out: what `seal` and `unseal` share
    resealing.py     files sealed anew, each by itself (resealreport.py tells)
    verifying.py     files asked whether they open, with keys or through the controller
    select.py        which SealedSecret of a file is meant
    values.py        options for values of items: files, env files, variables, prompts, generators
    collect.py       ... and what they give (envfile.py, prompt.py, password.py, generate.py)
    creation.py      a new Secret, sealed (createoptions.py, existing.py)
    reading.py       files that are told about, the good ones in spite of the bad ones
    table.py         rows and columns for people
    usagetext.py     who uses which Secret, in words
    stage.py         where the demo happens
    reference.py     docs/cli.md, written from the commands
    gitsetup/        what `sealer git install` puts into a repository
    kustomize/       what kustomize runs
    commands/        one file per command

Effects, each in one place:

    console.py       words on standard error
    report.py        errors to words
    files.py         files, folders and standard input that are read
    ignored.py       what git ignores, and what lies in a git work tree
    output.py        files that are written, all of them or none
    destination.py   where results go: standard output, a file, a folder, in place
    policyfile.py    `.sealer.yaml`, found upwards
    certificates.py  the certificate to seal with
    fetch.py         ... from a URL
    kubectl.py       the installed kubectl, and what its refusals mean
    controller.py    a cluster's controller, through it
    rotate.py        an object sealed anew by the controller
    patience.py      ... which is asked again when it is busy
    refusals.py      which of its refusals are about one object
    livestatus.py    why an object does not open, as its status tells
    pipeline.py      many files at once, a bounded number ahead
    certcache.py     certificates that clusters gave, for when they cannot be reached
    clusterkeys.py   key Secrets of a cluster
    newest.py        the certificate to compare with, without asking a cluster unbidden
    live.py          what runs in a cluster, and which Secrets it uses
    git.py           git, run so that a repository's settings start nothing
    revisions.py     files as they are in a git revision
    keyfiles.py      private keys from files, folders and backups
    passphrase.py    the passphrase of a backup
    history.py       manifests of all commits
    sweep.py         every SealedSecret: in files, in history, in a cluster
    exposures.py     ... and which of them a key opens
"""
