"""The mode ``preview``: what augmentations do to real recordings, to look at and to listen to."""
