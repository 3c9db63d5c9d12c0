"""Custom operations: pure functions that the service is built around."""
