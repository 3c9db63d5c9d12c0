"""All pieces, in four registries."""

from backend_agent.codegen.piece import Piece
from backend_agent.codegen.pieces import entities, files, infrastructure, tests

PIECES: tuple[Piece, ...] = (*infrastructure.PIECES, *files.PIECES, *entities.PIECES, *tests.PIECES)

__all__ = ["PIECES", "Piece"]
