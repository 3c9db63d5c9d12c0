"""Names: from words to identifiers, once, and typed so that untrusted text never reaches a template."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NewType

import inflection

from backend_agent.errors import UserError

ClassName = NewType("ClassName", str)
"""PascalCase ASCII identifier, no Python keyword."""
FieldName = NewType("FieldName", str)
"""snake_case ASCII identifier, neither a Python keyword nor reserved by the generated code."""
TableName = NewType("TableName", str)
"""snake_case and plural, at most 48 characters (constraint names are derived from it)."""
ModulePath = NewType("ModulePath", str)
"""POSIX path inside a project: no `..`, not absolute."""

MAX_LENGTH = 48

RESERVED_FIELDS = frozenset(
    """id version created_at updated_at metadata registry self cls limit offset cursor sort search fields q
    type format json copy dict schema model_config model_fields model_dump validate construct
    hash object property print input list set int float str bool bytes date time datetime timedelta decimal uuid enum
    count index keys values items get add remove clear extend compare contains_column as_readonly
    parse_obj parse_raw parse_file from_orm schema_json update_forward_refs dataclass field any all dt sa""".split()
)
"""Names that the generated code gives to columns, parameters and helpers, or that a field must not shadow."""

RESERVED_CLASSES = frozenset(
    """APIRouter Annotated Any AsyncConnection AuditLog AuditRepository AuthenticationService AwareDatetime Base
    BaseModel Body BodyLimit Boolean Caller Cipher Collection Column Conflict Connection Counter CurrentCaller
    Database Date DateTime Decimal Depends EmailStr EncryptedString Engine Enum Error Exception False FastAPI
    Field FieldError File Forbidden Form Header Health HttpCache HttpUrl Identification IdentifyCaller Index
    Integer Invalid Json Keyset Limit List Literal LoginFailure LoginLimit LoginRequest LoginSession Metadata
    Model None NotFound Numeric Optional OptionalCaller Page PageQuery Passwords Path Problem ProblemResponse
    Protocol Query RefreshRequest RefreshToken RegisterRequest Repositories Repository Request RequestContext
    RequestSchema Response ResponseSchema Result Role Row Schema Security SecurityHeaders Select Sequence
    Service ServiceError Session Set Settings State StoredRefreshToken String Table Text Time Token TokenPair
    Tokens TooManyRequests True Type TypedDict UUID Unauthenticated Union UnitOfWork UserCredentials UserDraft
    UserQuery UserService UtcDateTime Uuid""".split()
)
"""Class names that generated modules import or define."""

CLASS_ENDINGS = tuple("Changes Create Draft Page Part Query Read Repository Service Sort Update".split())
"""Endings of the other classes that an entity's modules define: a `Book` brings a `BookDraft`."""

RESERVED_TABLES = frozenset("as exists is overlaps references values".split())
"""Plurals that are words of SQL, in PostgreSQL or SQLite."""

_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words(text: str) -> list[str]:
    """Return the lower-case ASCII words of a phrase or identifier; accents are dropped, other scripts too."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return [w.lower() for w in _SPLIT.split(ascii_text.replace("'", "")) if w]


def snake(text: str) -> str:
    """Return `text` in snake_case: `Due date` -> `due_date`."""
    return "_".join(words(text))


def pascal(text: str) -> str:
    """Return `text` in PascalCase: `order item` -> `OrderItem`."""
    return "".join(w.capitalize() for w in words(text))


def camel(text: str) -> str:
    """Return `text` in camelCase: `due_date` -> `dueDate`."""
    first, *rest = words(text) or [""]
    return first + "".join(w.capitalize() for w in rest)


def kebab(text: str) -> str:
    """Return `text` in kebab-case: `OrderItem` -> `order-item`."""
    return "-".join(words(text))


def title(text: str) -> str:
    """Return `text` as words for people: `OrderItem` -> `order item`."""
    return " ".join(words(text))


_SPOKEN_VOWEL = re.compile(r"(?!u[bnst][aeiou]|uni|eu|one?\b|once)[aeiou]|hour|honest|honou?r|heir", re.IGNORECASE)


def article(noun: str) -> str:
    """Return a noun with its indefinite article, by how it sounds: `an order`, `a user`, `an hour`."""
    return f"{'an' if _SPOKEN_VOWEL.match(noun) else 'a'} {noun}"


@lru_cache(maxsize=16384)
def plural(text: str) -> str:
    """Return the plural in snake_case: `OrderItem` -> `order_items`."""
    *front, last = words(text) or [""]
    return "_".join([*front, inflection.pluralize(last)])


def class_name(text: str) -> ClassName:
    """Return a class name for an entity; a reserved one gets `Record` behind it. Raises `UserError` for no letters."""
    name = pascal(text)[:MAX_LENGTH]
    if not name or not name[0].isalpha():
        raise UserError(f"{text[:40]!r} gives no name: use a word that starts with a Latin letter")
    return ClassName(f"{name}Record" if name in RESERVED_CLASSES or keyword.iskeyword(name) else name)


def class_clashes(entities: Iterable[str]) -> dict[str, ClassName]:
    """Return new names for the entities that cannot keep theirs, by the old ones.

    An entity cannot be called like what another one brings with it (`BookDraft` beside `Book`), nor can two share a
    table (`New` and `News`), nor can a table be called like a word of SQL (`values`): it gets `Record` behind its name,
    as a reserved one does.
    """
    given = list(dict.fromkeys(entities))
    brought = {f"{name}{ending}" for name in given for ending in CLASS_ENDINGS}
    brought |= {f"Sql{name}" for name in given}
    taken = {*given, *brought}
    tables = set(RESERVED_TABLES)
    found: dict[str, ClassName] = {}
    for name in given:
        new = name
        while new in brought or table_name(new) in tables or (new != name and new in taken):
            new = f"{new}Record"
        tables.add(table_name(new))
        taken.add(new)
        if new != name:
            found[name] = ClassName(new)
    return found


def field_name(text: str, owner: str) -> FieldName:
    """Return a field name; a reserved one gets its owner in front: `class` of `Book` -> `book_class`.

    `book_id` is how generated code calls a book's own id, so a field of that name is a `book_identifier`.

    Raises `UserError` for text without letters.
    """
    name = snake(text)[:MAX_LENGTH].strip("_")
    if not name or not name[0].isalpha():
        raise UserError(f"{text[:40]!r} gives no name: use a word that starts with a Latin letter")
    reserved = name in RESERVED_FIELDS or keyword.iskeyword(name) or keyword.issoftkeyword(name)
    if name in ("id", f"{snake(owner)}_id"):
        name, reserved = "identifier", True
    front = snake(owner)[: max(MAX_LENGTH - len(name) - 1, 1)].strip("_")
    return FieldName(f"{front}_{name}" if reserved else name)


def relation_name(text: str, owner: str) -> FieldName:
    """Return a relation name: like a field's, but free of what is reserved for columns: its column ends in `_id`.

    Raises `UserError` for text without letters.
    """
    name = snake(text)[:MAX_LENGTH].strip("_")
    taken = frozenset(("id", "version", "created_at", "updated_at", "metadata", "registry", "self", "cls"))
    if (
        name in RESERVED_FIELDS
        and name not in taken
        and not keyword.iskeyword(name)
        and not keyword.issoftkeyword(name)
    ):
        return FieldName(name)
    return field_name(text, owner)


def variable(entity: str) -> str:
    """Return the variable for one row of an entity: `OrderItem` -> `order_item`, `Class` -> `class_`."""
    name = snake(entity)
    return f"{name}_" if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in RESERVED_FIELDS else name


def table_name(entity: str) -> TableName:
    """Return the table of an entity: `OrderItem` -> `order_items`."""
    return TableName(plural(entity)[:MAX_LENGTH])


def python_literal(value: str | float | bool | None) -> str:  # noqa: FBT001 - a literal is what it is about
    """Return `value` as a Python literal with double quotes, safe to put into source text."""
    if isinstance(value, str):
        body = value.encode("unicode_escape").decode("ascii").replace('"', '\\"')
        return f'"{body}"'
    return repr(value)


def module_path(path: str) -> ModulePath:
    """Return `path` when it stays inside a project; raises `UserError`."""
    parts = path.split("/")
    if not path or path.startswith("/") or "\\" in path or any(p in ("", ".", "..") for p in parts) or "\0" in path:
        raise UserError(f"{path[:80]!r} is no path inside the project")
    return ModulePath(path)
