"""The controller: it holds the private keys and turns SealedSecrets into Secrets."""
