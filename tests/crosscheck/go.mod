module sealer.dev/tests/crosscheck

go 1.21
