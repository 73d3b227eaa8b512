"""Test object stores that speak the S3 API: the second subject of the engine."""
