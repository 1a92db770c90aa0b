"""The config: a strict YAML file, checked as a whole before anything heavy is imported.

``loader`` reads the file with its lines, ``paths`` puts overrides in, ``parser`` checks everything against
``sections`` and against the signatures of the named classes (``source``, ``annotations``, ``classes``),
``instantiate`` makes what was named, ``saving`` and ``schema`` write it down.
"""

from phoneme_recognition.config.entries import ClassEntry
from phoneme_recognition.config.instantiate import instantiate
from phoneme_recognition.config.parser import check_tree, load_config
from phoneme_recognition.config.saving import save_config
from phoneme_recognition.config.sections import Config

__all__ = ["ClassEntry", "Config", "check_tree", "instantiate", "load_config", "save_config"]
