"""A project edited by hand and generated again from a changed task keeps both."""

from __future__ import annotations

from pathlib import Path

from designs import designed, domain, plain, redesigned

from backend_agent.artifacts.code import GeneratedFile
from backend_agent.artifacts.domain import FieldSpec
from backend_agent.codegen import generate, record_files, write
from backend_agent.codegen.record import BASE, read_base
from backend_agent.stages import testing
from backend_agent.state import Artifacts


def project(state: dict[str, object]) -> list[GeneratedFile]:
    state = {**state, "testing": testing.STAGE.draft(Artifacts(state, testing.STAGE.reads))}
    files = generate(Artifacts(state)).files
    return [*files, *record_files(plain(state), files)]


def with_shelf() -> dict[str, object]:
    """Return the designs of a bookshop whose books stand on shelves."""
    shop = domain("bookshop")
    book = next(entity for entity in shop.entities if entity.name == "Book")
    shelf = FieldSpec(name="shelf", type="string", optional=True, max_length=20)
    more = book.model_copy(update={"fields": [*book.fields, shelf]})
    entities = [more if entity is book else entity for entity in shop.entities]
    return redesigned("bookshop", domain=shop.model_copy(update={"entities": entities}))


def test_three_edits_of_a_bookshop_survive_a_new_field(tmp_path: Path) -> None:
    folder = write(project(designed("bookshop")), tmp_path / "shop").folder
    entity, schemas, readme = (
        folder / path for path in ("app/features/books/model.py", "app/features/books/schemas.py", "README.md")
    )
    entity.write_text("# Sold by weight since 2020.\n" + entity.read_text())
    schemas.write_text(schemas.read_text() + '\n\nSHOWCASE = "window"\n')
    readme.write_text(readme.read_text() + "\n## Our house rules\n\nBe kind.\n")

    report = write(project(with_shelf()), folder)

    edited = ["README.md", "app/features/books/model.py", "app/features/books/schemas.py"]
    assert [path for path in edited if path in (*report.merged, *report.kept)] == edited
    assert {"app/features/books/schemas.py", "app/features/books/model.py"} <= set(report.merged)
    assert entity.read_text().startswith("# Sold by weight since 2020.\n")
    assert schemas.read_text().endswith('SHOWCASE = "window"\n')
    assert readme.read_text().endswith("Be kind.\n")
    for place in (entity, schemas):
        assert "shelf" in place.read_text()
        compile(place.read_text(), str(place), "exec")
    assert [c.path for c in report.conflicts] == ["migrations/versions/0001_initial.py"]
    assert "shelf" not in (folder / report.conflicts[0].path).read_text()


def test_the_base_is_every_file_as_it_was_generated_and_leaves_tools_alone() -> None:
    files = project(designed("bookshop"))
    (base,) = (file for file in files if file.path == BASE)
    texts = read_base(base.content.encode(), BASE)
    assert texts == {file.path: file.content for file in files if not file.path.startswith(".backend-agent/")}
    assert project(designed("bookshop")) == files
    assert texts[".dockerignore"].startswith("*\n!app\n"), "nothing but what is named gets into the image"
