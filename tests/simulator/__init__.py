"""A world in which a bulk run lives through weeks of faults within milliseconds, driven by one seed."""
