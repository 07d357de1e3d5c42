"""Reading what became of dropped documents."""
