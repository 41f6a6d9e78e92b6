"""Values of items, and where they come from: never from an argument."""
