"""``python -m phoneme_recognition MODE ...``."""

from phoneme_recognition.cli import entry_point

if __name__ == "__main__":
    entry_point()
