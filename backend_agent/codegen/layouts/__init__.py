"""The layouts. To add one: a module with a `Layout`, and a line here."""

from backend_agent.codegen.layout import Layout
from backend_agent.codegen.layouts import clean_architecture, hexagonal, layered, monolithic

LAYOUTS: dict[str, Layout] = {
    layout.name: layout for layout in (layered.LAYOUT, monolithic.LAYOUT, hexagonal.LAYOUT, clean_architecture.LAYOUT)
}
"""By architecture type."""

__all__ = ["LAYOUTS", "Layout"]
