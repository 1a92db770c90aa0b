"""Sound: reading any recording, and augmenting it."""
