"""The corpora: one file, one dataset class. A config names a class by its path, and yours can stand beside them."""
