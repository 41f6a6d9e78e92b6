"""Files are sealed, compared with what an earlier run left, and created."""
