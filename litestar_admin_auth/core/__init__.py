"""Plain values and functions that know nobody above them: no database rows, no requests."""
