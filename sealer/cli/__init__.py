"""The `sealer` command: one file per subcommand, nothing heavy imported before it is needed.

    main.py        runs a command and turns errors into messages and exit codes
    group.py       groups that load a command when it is asked for; what all commands share
    options.py     options that several commands have (refused.py: those that nobody should type)
    commands/      one file per command
    kubeseal/      the drop-in for kubeseal, which has a command line of its own
    gitsetup/      what `sealer git install` puts into a repository, and what git calls then
    kustomize/     what kustomize runs

    values/        values of items and where they come from
    sealing/       files sealed and created, and what earlier runs left
    editing/       one SealedSecret of a file changed where it stands
    resealing/     files sealed anew, and asked whether they open
    usagetext.py   who uses which Secret, in words
    stage.py       where the demo happens
    reference.py   docs/cli.md, written from the commands

Effects, each in one place:

    console.py     words on standard error (report.py: errors to words; table.py: rows and columns;
                   jsontext.py: reports for machines)
    files/         what is read and written
    certificates/  the certificate to seal with
    cluster/       a cluster, through the installed kubectl
    keys/          private keys on disk, and what they open
"""
