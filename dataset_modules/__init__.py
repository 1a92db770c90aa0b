"""The corpora: one file, one dataset class. Yours may stand beside them: configs name classes by path."""
