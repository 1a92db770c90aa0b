"""Utterances: typed rows, the cache, batch plans, collation and the Lightning data module."""
