"""Programs that run inside the sandbox, next to the project. Each is one file and imports nothing of this package."""
