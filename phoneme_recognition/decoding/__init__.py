"""From log-probabilities to phonemes: pure functions."""
