"""What every capability shares: domain, services, adapters, runtime. Import rules: tests/architecture."""
