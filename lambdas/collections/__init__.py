"""Collections: named sets of vectors, put, listed and searched."""
