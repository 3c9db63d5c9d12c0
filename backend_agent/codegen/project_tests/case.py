"""Case: one planned test, with what its template needs to write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from backend_agent.artifacts.testing import PlannedKind, PlannedTest


def by_number(cites: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct R-ids, ascending by number."""
    return tuple(sorted(set(cites), key=lambda r: (int(r.removeprefix("R-")), r)))


@dataclass(frozen=True)
class Case:
    """One test function of the generated project."""

    id: str
    """The function's name."""
    file: str
    kind: PlannedKind
    proves: str
    """One sentence without its full stop; becomes the docstring."""
    cites: tuple[str, ...] = ()
    template: str = ""
    """Below `tests/cases/`; empty for a function that its file's own template spells out."""
    view: Mapping[str, object] = field(default_factory=dict)
    """What the template sees besides the entity."""

    @property
    def marks(self) -> str:
        """The decorator that names the R-ids, as a line of source; empty when there are none."""
        return f"@pytest.mark.requirement({', '.join(f'{c!r}' for c in self.cites)})\n" if self.cites else ""

    def planned(self) -> PlannedTest:
        """Return it as it stands in the testing strategy."""
        return PlannedTest(id=self.id, file=self.file, kind=self.kind, proves=f"{self.proves}.", cites=list(self.cites))
