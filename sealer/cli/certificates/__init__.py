"""Which certificate to seal with, and where it comes from."""
