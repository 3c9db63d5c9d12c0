"""Text -> clauses -> domain model, offline and deterministic. Needs no graph and no chat model."""
