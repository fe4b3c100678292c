"""The diagnosis as one self-contained page."""
