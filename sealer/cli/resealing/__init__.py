"""Files are sealed anew, and asked whether they open."""
