"""One SealedSecret of a file is changed where it stands."""
