"""The Knowledge Base: documents that are dropped into `knowledge/` become passages."""
