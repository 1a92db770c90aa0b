"""The mode ``phonemize``: text in, phonemes out, and what was not said."""
