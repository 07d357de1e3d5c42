"""The OpenAPI document and the reference page, generated from what the handlers decode, encode and raise."""
