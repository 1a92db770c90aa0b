"""From text to phonemes: one backend a file, all with the interface in ``backend``."""
