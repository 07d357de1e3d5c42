"""Documents of the Knowledge Base: what is asked of it, what it tells, and what follows from both."""
