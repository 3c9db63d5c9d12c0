"""The artifacts: pure Pydantic types, no I/O. Their import paths are a persisted format."""
