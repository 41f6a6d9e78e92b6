"""Private keys on disk, and what they open."""
