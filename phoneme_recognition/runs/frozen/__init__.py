"""The part of a network that training leaves as it is, run once and kept."""
