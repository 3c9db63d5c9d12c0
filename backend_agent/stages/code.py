"""code: every file of the generated project, and whether what the designs say is really in it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from backend_agent import codegen, names
from backend_agent.artifacts import slices
from backend_agent.artifacts.base import Artifact
from backend_agent.artifacts.code import GeneratedFile, Implementation
from backend_agent.artifacts.database import Table
from backend_agent.codegen.project_tests.wants import SEEN
from backend_agent.errors import UserError
from backend_agent.stage import Check, Stage
from backend_agent.state import Artifacts

READS = (
    "task",
    "requirements",
    "domain",
    "architecture",
    "database",
    "api",
    "security",
    "performance",
    "testing",
    "deployment",
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|HTTP_501\w*|status_code=501|NOT_IMPLEMENTED)\b")
SECRETS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key": re.compile(r"\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|(gsk_|sk-)[A-Za-z0-9]{30,})"),
    "a token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a password in an address": re.compile(r"://[^\s:/@\"'{}$]+:(?!password@)[^\s:/@\"'{}$]{3,}@"),
    "a value for a secret": re.compile(
        r"(?i:SECRET|PASSWORD|API_?KEY|ENCRYPTION_KEY)[\"']?\s*[:=]\s*[\"']?"
        r"(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/_-]{20,}=*[\"']?,?\s*$",
        re.MULTILINE,
    ),
}


def draft(given: Artifacts) -> Implementation:
    """Return every file of the project."""
    return codegen.generate(given)


def _python(given: Artifacts, *folders: str) -> Iterator[GeneratedFile]:
    """Yield the Python files below the folders; all of them when none is given."""
    prefixes = tuple(f"{folder}/" for folder in folders) or ("",)
    return (f for f in given.code.files if f.path.endswith(".py") and f.path.startswith(prefixes))


def _service(given: Artifacts) -> str:
    return "\n".join(f.content for f in _python(given, "app"))


def _missing(text: str, wanted: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield what of `wanted` (pattern, evidence) is not in `text`."""
    return (evidence for pattern, evidence in wanted if not re.search(pattern, text))


def _paths(given: Artifacts) -> Iterator[str]:
    seen: set[str] = set()
    for file in given.code.files:
        try:
            names.module_path(file.path)
        except UserError as error:
            yield str(error)
        if file.path.lower() in seen:
            yield f"{file.path} is there twice"
        seen.add(file.path.lower())


def _parses(given: Artifacts) -> Iterator[str]:
    for file in _python(given):
        try:
            # No tree: in Python 3.11 two threads that make trees at once may end in a `SystemError`.
            compile(file.content, file.path, "exec", dont_inherit=True)
        except SyntaxError as error:
            yield f"{file.path}, line {error.lineno}: {error.msg}"


def _routed(given: Artifacts) -> Iterator[str]:
    found = Counter(re.findall(r'operation_id="(\w+)"', _service(given)))
    for endpoint in given.api.endpoints:
        if found[endpoint.operation_id] != 1:
            count = found[endpoint.operation_id]
            yield f"{endpoint.method} {endpoint.path} ({endpoint.operation_id}) is in {count} routers"


def _migrations(given: Artifacts) -> str:
    return "\n".join(f.content for f in _python(given, "migrations/versions"))


def _migrated(given: Artifacts) -> Iterator[str]:
    created: dict[str, str] = {}
    former: dict[str, str] = {}
    for file in sorted(_python(given, "migrations/versions"), key=lambda f: f.path):
        text = file.content.partition("\ndef downgrade")[0]
        for old, new in re.findall(r'op\.rename_table\("(\w+)", "(\w+)"\)', text):
            created[new], former[new] = created.pop(old, ""), former.get(old, old)
        created |= re.findall(r'op\.create_table\(\s*"(\w+)",(.*?)\n    \)', text, re.DOTALL)
        for name, inner in re.findall(r'op\.batch_alter_table\("(\w+)"\) as batch:\n((?: {8}.*\n)+)', text):
            created[name] = created.get(name, "") + inner
        for name, column in re.findall(r"ALTER TABLE \W*(\w+)\W* RENAME COLUMN \W*\w+\W* TO \W*(\w+)", text):
            created[name] = created.get(name, "") + f'sa.Column("{column}"'
    dropped = set(re.findall(r'op\.drop_table\("(\w+)"\)', _migrations(given)))
    for table in given.database.tables:
        if table.name not in created:
            yield f"table {table.name} is in no migration"
            continue
        if not {table.name, former.get(table.name)} & dropped:
            yield f"table {table.name} is never dropped"
        columns = set(re.findall(r'sa\.Column\(\s*"(\w+)"', created[table.name]))
        yield from (f"column {table.name}.{c.name} is in no migration" for c in table.columns if c.name not in columns)


def _rules_of(table: Table) -> list[str]:
    """Return the names of a table's indexes and constraints."""
    keys = [*(k.name for k in table.foreign_keys), *(u.name for u in table.unique_constraints)]
    return [*keys, *(c.name for c in table.checks), *(i.name for i in table.indexes)]


def _indexed(given: Artifacts) -> Iterator[str]:
    for where, text in (("the migration", _migrations(given)), ("the tables", _service(given))):
        known = set(re.findall(r'"(\w+)"', text))
        for table in given.database.tables:
            yield from (f"{n} on {table.name} is not in {where}" for n in _rules_of(table) if n not in known)


def _headers(given: Artifacts) -> Iterator[str]:
    text = _service(given)
    for header in given.security.security_headers.headers:
        line = f'b"{header.name.lower()}": b{names.python_literal(header.value)}'
        if line not in text:
            yield f"{header.name}: {header.value}"
    for origin in given.security.security_headers.cors_origins:
        if names.python_literal(origin) not in text:
            yield f"CORS origin {origin}"


def _limits(given: Artifacts) -> Iterator[str]:
    text = _service(given)
    for limit in given.api.rate_limiting:
        if not re.search(rf"rate_limit_{limit.scope}: int = Field\(default={limit.requests}\b", text):
            yield f"{limit.requests} requests ({limit.scope}) is no setting"
        if not re.search(rf"Limit\(settings\.rate_limit_{limit.scope}, {limit.seconds}\)", text):
            yield f"{limit.seconds} seconds ({limit.scope}) is not counted"
    lockout = given.security.authentication.lockout
    yield from _missing(
        text,
        (
            (rf"LOCKOUT_ATTEMPTS = {lockout.attempts}\b", f"lockout after {lockout.attempts} failed logins"),
            (rf"LOCKOUT_WINDOW = timedelta\(minutes={lockout.window_minutes}\)", f"{lockout.window_minutes} minutes"),
        ),
    )


def _tokens(given: Artifacts) -> Iterator[str]:
    design = given.security.authentication
    minutes, days = design.access_token_minutes, design.refresh_token_days
    shortest, longest = design.password_min_length, design.password_max_length
    wanted = [
        (rf'ALGORITHM = "{design.token_algorithm}"', f"tokens by {design.token_algorithm}"),
        (rf"LIFETIME = timedelta\(minutes={minutes}\)", f"access tokens for {minutes} minutes"),
        (rf"REFRESH_LIFETIME = timedelta\(days={days}\)", f"refresh tokens for {days} days"),
        (r"Argon2Hasher\(", f"passwords by {design.password_hashing}"),
    ]
    if any(m.name in ("RegisterRequest", "UserCreate") for m in given.api.data_models):
        bounds = rf"min_length={shortest}, max_length={longest}\b"
        wanted.append((bounds, f"passwords of {shortest} to {longest} characters"))
    return _missing(_service(given), wanted)


def _protected(given: Artifacts) -> Iterator[str]:
    text, protection = _service(given), given.security.data_protection
    for field in protection.encryption_at_rest:
        column = next((c for c in given.database.table_of(field.entity).columns if c.field == field.field), None)
        if column is None or not re.search(rf'"{column.name}", EncryptedString\(\)', text):
            yield f"{field.entity}.{field.field} is kept as it is"
    if protection.audit_log and "audit.record(" not in text:
        yield "no change is recorded in an audit log"


def _cached(given: Artifacts) -> Iterator[str]:
    text, plan = _service(given), given.performance
    for entry in plan.caching_strategy:
        if f'"{entry.operation_id}": {entry.max_age_seconds},' not in text:
            yield f"{entry.operation_id} is not kept for {entry.max_age_seconds} s"
    pool = plan.connection_pool
    for name, value in (("size", pool.size), ("overflow", pool.overflow), ("recycle_seconds", pool.recycle_seconds)):
        if not re.search(rf"database_pool_{name}: int = Field\(default={value}\b", text):
            yield f"connection pool: {name} {value}"


def _variables(given: Artifacts) -> Iterator[str]:
    text = _service(given)
    paths = {f.path: f.content for f in given.code.files}
    for variable in given.deployment.environment_management.variables:
        if not re.search(rf"^    {variable.name.lower()}: ", text, re.MULTILINE):
            yield f"{variable.name} is no setting of the service"
        yield from (
            f"{variable.name} is not in {path}"
            for path in (".env.example", "compose.yaml", "README.md")
            if variable.name not in paths.get(path, "")
        )


def _deployed(given: Artifacts) -> Iterator[str]:
    """The deployment's figures are those of the files."""
    containers, paths = given.deployment.containerization, {f.path: f.content for f in given.code.files}
    wanted = {
        "Dockerfile": [containers.base_image, containers.user, containers.health_path, f"EXPOSE {containers.port}"],
        "compose.yaml": [f"\n  {service}:\n" for service in containers.services],
        ".github/workflows/ci.yml": [step.command for step in given.deployment.ci_cd_pipeline],
    }
    for path, parts in wanted.items():
        yield from (f"{part.strip()} is not in {path}" for part in parts if part not in paths.get(path, ""))
    for step in given.deployment.ci_cd_pipeline:
        target = step.command.removeprefix("make ")
        if target != step.command and not re.search(rf"^{target}:", paths.get("Makefile", ""), re.MULTILINE):
            yield f"the Makefile has no {target}"


def _secrets(given: Artifacts) -> Iterator[str]:
    for file in given.code.files:
        for what, pattern in SECRETS.items():
            if found := pattern.search(file.content):
                line = file.content.count("\n", 0, found.start()) + 1
                yield f"{file.path}, line {line}: {what}"


def _unfinished(given: Artifacts) -> Iterator[str]:
    for file in _python(given):
        for number, line in enumerate(file.content.splitlines(), 1):
            if found := UNFINISHED.search(line):
                yield f"{file.path}, line {number}: {found.group()}"


def _cited(parts: Iterable[Artifact]) -> set[str]:
    return {r for part in parts for r in getattr(part, "cites", [])}


def _unserved(given: Artifacts) -> Iterator[str]:
    """Requirements that the domain, the API or the security design took up must be behind some file."""
    domain, security = given.domain, given.security
    fields = [field for entity in domain.entities for field in entity.fields]
    designs = (security.authentication, security.authorization, security.data_protection, security.security_headers)
    placed = _cited([*domain.actors, *domain.entities, *fields, *domain.relations, *domain.rules])
    placed |= _cited([*given.api.endpoints, *designs])
    served = {r for file in given.code.files for r in file.cites}
    yield from (f"{r} is in the designs and behind no file" for r in sorted(placed - served))


def _contracts(given: Artifacts) -> Iterator[str]:
    kind = given.architecture.architecture_type
    if given.code.layout != kind:
        yield f"the design says {kind}, the code is laid out as {given.code.layout}"
    try:
        found = tomllib.loads(given.code.file("pyproject.toml").content)
    except (KeyError, tomllib.TOMLDecodeError) as error:
        yield f"pyproject.toml: {error}"
        return
    if not found.get("tool", {}).get("importlinter", {}).get("contracts"):
        yield "pyproject.toml says nothing about what may import what"


def _tested(given: Artifacts) -> Iterator[str]:
    strategy = given.testing
    written = {f.path: set(re.findall(r"def (\w+)", f.content)) for f in _python(given, "tests")}
    for test in (
        *strategy.unit_testing,
        *strategy.integration_testing,
        *strategy.performance_testing,
        *strategy.security_testing,
        *strategy.e2e_testing,
    ):
        if test.id not in written.get(test.file, ()):
            yield f"{test.file} has no {test.id}"


_security = partial(Check, metric="security")
_maintained = partial(Check, metric="maintainability")

CHECKS = (
    _security("paths", "Every file stays inside the project", severity="critical", find=_paths),
    _maintained("parses", "Every Python file parses", severity="critical", find=_parses),
    _maintained("routed", "Every designed endpoint is in one router", severity="critical", find=_routed),
    _maintained("migrated", "Every designed table and column is migrated", severity="critical", find=_migrated),
    Check("indexed", "Every designed index and constraint is in the code", "performance", "major", _indexed),
    _security("headers", "Designed headers and origins are in the code", severity="major", find=_headers),
    _security("limits", "Designed limits are in the code", severity="major", find=_limits),
    _security("tokens", "Tokens and passwords are as designed", severity="major", find=_tokens),
    _security("protected", "Encryption and audit log are as designed", severity="critical", find=_protected),
    Check("cached", "Designed caches and pools are in the code", "performance", "major", _cached),
    _maintained("variables", "Designed variables are settings", severity="major", find=_variables),
    Check("deployed", "Deployment files are as designed", "scalability", "major", _deployed),
    _security("secrets", "No secret is in a file", severity="critical", find=_secrets),
    _maintained("unfinished", "Nothing is left to do", severity="critical", find=_unfinished),
    _maintained("served", "Every placed requirement is behind a file", severity="major", find=_unserved),
    Check("contracts", "The layout's import contract is in the project", "architecture", "major", _contracts),
    Check("tested", "Every planned test is written", "testability", "major", _tested),
)

STAGE = Stage(
    name="code",
    title="Code",
    artifact=Implementation,
    reads=READS,
    draft=draft,
    checks=CHECKS,
    slices={
        "task": slices.task_described,
        "requirements": SEEN,
        "domain": slices.elements,
        "architecture": slices.structure,
    },
)
