"""The modes: each reads as one straight list of steps."""
