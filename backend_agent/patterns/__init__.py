"""The catalogue of patterns: what a task needs, which architecture suits it, how large it must be. Pure functions."""
