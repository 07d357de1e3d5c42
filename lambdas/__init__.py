"""Quarry's Lambda functions: one folder per capability, one handler file per function."""
