"""Pre-flight: what a run would stumble over, found in a few seconds and without running it.

Each module judges one thing and returns its findings. The modules see the sections of the config, a
``sketch`` of the network (its sizes, no weights) and a ``survey`` of the recordings (their labels, and
durations from the headers of the files).
"""
