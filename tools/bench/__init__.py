"""Timings and figures that are too slow or too noisy for tests."""
