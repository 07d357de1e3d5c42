"""The `obedient` brain: the worst case for tests of prompt injection."""
