module sealer.dev/tests/vectors/verify

go 1.21
