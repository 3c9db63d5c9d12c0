"""Artifacts -> files in memory -> disk. Needs neither LangGraph nor a network."""

from backend_agent.codegen.layout import Contract, Layout
from backend_agent.codegen.layouts import LAYOUTS
from backend_agent.codegen.piece import Piece
from backend_agent.codegen.pieces import PIECES
from backend_agent.codegen.project import generate
from backend_agent.codegen.record import record_files
from backend_agent.codegen.write import write
from backend_agent.codegen.written import WriteReport

__all__ = ["LAYOUTS", "PIECES", "Contract", "Layout", "Piece", "WriteReport", "generate", "record_files", "write"]
