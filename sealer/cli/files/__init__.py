"""What the command line reads and writes: inputs found and bounded, outputs written all or none."""
