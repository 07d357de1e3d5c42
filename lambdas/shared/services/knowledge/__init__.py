"""Use cases of the Knowledge Base: take drops in, tend documents until they are found, set right what was missed."""
