"""What the templates of the entity pieces see: types, accesses, queries, references, schemas and routes as values."""
