"""Runs the synthesized template on this machine: `python -m local`."""
