"""One reader for each format; `reading.py` has the table of them."""
