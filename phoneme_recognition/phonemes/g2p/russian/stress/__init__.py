"""Where the stress of Russian words lies, whether their е is ё, and which words lean on others."""

from phoneme_recognition.phonemes.g2p.russian.stress.place import StressPlacer

__all__ = ["StressPlacer"]
