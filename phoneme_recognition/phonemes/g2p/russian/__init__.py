"""Russian to phonemes: a text is read (``reading``), stressed (``stress``) and sounded (``sounds``)."""
