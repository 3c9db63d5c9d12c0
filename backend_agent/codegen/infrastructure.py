"""What the infrastructure templates see besides the project: typed views of the artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from backend_agent import names
from backend_agent.artifacts.api import DataModel, Endpoint, Property
from backend_agent.artifacts.database import Table
from backend_agent.artifacts.deployment import EnvironmentVariable
from backend_agent.artifacts.domain import ACCOUNT
from backend_agent.changes.history import migrations
from backend_agent.codegen.custom.pieces import contracts_of, packages_of, routers_of
from backend_agent.codegen.entities import sql
from backend_agent.codegen.entities.attributes import Attribute
from backend_agent.codegen.entities.calls import calls_of
from backend_agent.codegen.entities.plan import EntityPlan
from backend_agent.codegen.entities.schemas import Schema, SchemasPlan
from backend_agent.codegen.entities.sql import table_symbol
from backend_agent.codegen.imports import module_of
from backend_agent.codegen.sources import (
    index_arguments,
    late_key_arguments,
    late_key_source,
    late_keys,
    table_source,
)
from backend_agent.codegen.view import EntityView, Project

ACCOUNT_COLUMNS = frozenset("id email password_hash role is_active version created_at updated_at".split())
"""Columns of `users` that every project has."""
AUTH_TABLES = ("refresh_tokens", "login_failures")
DOCS_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; ",
    "script-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
)
"""Content-Security-Policy of the documentation pages: their scripts come from the service itself, and are inline."""


@dataclass(frozen=True)
class AccountView:
    """The built-in account."""

    plan: EntityPlan
    columns: list[Attribute]
    """What the task wants to know of accounts: own columns, and values computed from other tables."""
    tables: list[Table]
    """Of accounts and their tokens."""
    registers: bool
    chooses_role: bool
    administered: bool
    payload: list[str]
    """Own fields in the payloads of new accounts."""
    required: list[str]
    """Those of them that must be given."""

    @property
    def stored(self) -> list[Attribute]:
        """Own columns."""
        computed = {d.rule.field for d in self.plan.derived}
        return [c for c in self.columns if c.name not in computed]

    @property
    def foreign_tables(self) -> list[str]:
        """Tables that computed values are read from."""
        return sql.tables_in(d.source for d in self.plan.derived)


class AccountSchemas(SchemasPlan):
    """The data models of accounts and of logging in."""

    @cached_property
    def schemas(self) -> list[Schema]:
        """The models, each behind those that it holds."""
        order = {"read": 0, "page": 1}
        models = sorted(self.plan.entity.models, key=lambda m: order.get(m.purpose, 2))
        return [Schema(m, [self._field(m, p) for p in m.properties], self._base(m)) for m in models]

    def _base(self, model: DataModel) -> str:
        return "ResponseSchema" if model.name == "TokenPair" else super()._base(model)

    def _kind(self, prop: Property) -> str:
        roles = self.plan.entity.project.roles
        return "Role" if prop.name == "role" and prop.values == roles else super()._kind(prop)

    @cached_property
    def imports(self) -> list[str]:
        """Symbols of other pieces; what is not used is removed afterwards."""
        return [*super().imports, "Role"]


@dataclass(frozen=True)
class RepositoryRef:
    """An attribute of `Repositories`."""

    attribute: str
    name: str
    """What services call it: `BookRepository`."""


@dataclass(frozen=True)
class ComposeVariable:
    """A variable with its value in compose.yaml."""

    name: str
    value: str


def account(project: Project) -> AccountView:
    """Return the view of the built-in account."""
    plan = EntityPlan(project.account)
    database = project.given.database
    models = {m.name: m for m in project.given.api.data_models}
    made = models.get("UserCreate") or models.get("RegisterRequest")
    own = [p for p in made.properties if p.name not in ("email", "password", "role")] if made else []
    register = models.get("RegisterRequest")
    return AccountView(
        plan=plan,
        columns=[a for a in plan.attributes if a.name not in ACCOUNT_COLUMNS],
        tables=[plan.table, *(database.table(t) for t in AUTH_TABLES)],
        registers=register is not None,
        chooses_role=register is not None and any(p.name == "role" for p in register.properties),
        administered=bool(project.administrators),
        payload=[p.name for p in own],
        required=[p.name for p in own if p.required],
    )


def repositories(project: Project) -> list[RepositoryRef]:
    """Return the attributes of `Repositories`."""
    found = [RepositoryRef(e.entities, f"{e.name}Repository") for e in project.entities]
    found += [
        RepositoryRef("users", "UserRepository"),
        RepositoryRef("refresh_tokens", "RefreshTokenRepository"),
        RepositoryRef("login_failures", "LoginFailureRepository"),
    ]
    return [*found, *([RepositoryRef("audit", "AuditLogRepository")] if project.audit else [])]


def environments(project: Project) -> list[str]:
    """Return the values that ENVIRONMENT may have."""
    designed = [e.name for e in project.given.deployment.environment_management.environments]
    return list(dict.fromkeys(["development", "test", *designed]))


def compose_value(variable: EnvironmentVariable, project: Project) -> str:
    """Return the value of a variable in compose.yaml; secrets come from whoever starts it."""
    if variable.name == "DATABASE_URL":
        postgres = project.given.deployment.containerization.database_image
        return "postgresql://app:${POSTGRES_PASSWORD}@database:5432/app" if postgres else "sqlite:////data/app.db"
    if variable.secret:
        return f"${{{variable.name}:?set {variable.name}}}"
    default = environments(project)[-1] if variable.name == "ENVIRONMENT" else variable.default or ""
    return f"${{{variable.name}:-{default}}}"


def compose_variables(project: Project) -> list[ComposeVariable]:
    """Return the variables that containers are given."""
    variables = project.given.deployment.environment_management.variables
    return [ComposeVariable(v.name, compose_value(v, project)) for v in variables]


def summary(project: Project, operation_id: str) -> str:
    """Return the summary of an endpoint."""
    endpoint = project.endpoint(operation_id)
    return endpoint.summary if endpoint else ""


def errors(project: Project, operation_id: str) -> str:
    """Return the statuses of an endpoint's problems, as arguments."""
    endpoint = project.endpoint(operation_id)
    return ", ".join(map(str, endpoint.errors)) if endpoint else ""


def account_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the account pieces."""
    view = account(project)
    return {
        "account": view,
        "called": calls_of(project).methods(ACCOUNT),
        "plan": view.plan,
        "schemas": AccountSchemas(view.plan),
        "security": project.given.security.authentication,
        "summary": lambda operation_id: summary(project, operation_id),
        "errors": lambda operation_id: errors(project, operation_id),
        "module_name": "app.create_admin",
        "administrator": next(iter(project.administrators), ""),
    }


def work_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the unit of work and its port."""
    found = repositories(project)
    return {
        "repositories": found,
        "ports": [r.name for r in found],
        "concretes": [project.concrete(r.name) for r in found],
    }


def settings_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the settings."""
    return {
        "environments": environments(project),
        "pool": project.given.performance.connection_pool,
        "limits": project.given.api.rate_limiting,
        "origins": repr_tuple(project.given.security.security_headers.cors_origins),
    }


def repr_tuple(values: list[str]) -> str:
    """Return a tuple of strings, as source."""
    return "(" + "".join(f"{names.python_literal(v)}, " for v in values) + ")"


@dataclass(frozen=True)
class RouterRef:
    """A module with endpoints."""

    name: str
    module: str


def _module(project: Project, piece: str, entity: EntityView | None = None) -> str:
    known = {"entities": entity.entities, "package": entity.package, "entity": entity.variable} if entity else {}
    return module_of(project.layout.paths[piece].format_map(known))


def routers_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the list of routers."""
    found = [RouterRef("auth", _module(project, "auth_router"))]
    if project.administrators:
        found.append(RouterRef("users", _module(project, "user_router")))
    plans = calls_of(project).plans
    served = [e for e in project.entities if plans[e.name].operations]
    found += [RouterRef(e.entities, _module(project, "router", e)) for e in served]
    found += [RouterRef(name, module) for name, module in routers_of(project)]
    return {"routers": [*found, RouterRef("health", _module(project, "health_router"))]}


def schema_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the module that has all tables."""
    return {"tables": [table_symbol(t.name) for t in project.given.database.tables]}


def migration_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the first migration: it makes the tables that were delivered first."""
    first = migrations(project.given.database)[0]
    tables = first.new.tables
    late = late_keys(tables)
    return {
        "tables": tables,
        "table_source": partial(table_source, late=late),
        "revision": first.id,
        "schema_module": _module(project, "schema"),
        "index_arguments": index_arguments,
        "late": [(t, k) for t in tables for k in t.foreign_keys if k.name in late],
        "late_key_source": late_key_source,
        "late_key_arguments": late_key_arguments,
    }


def rates_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the rate limits."""
    return {
        "seconds": {limit.scope: limit.seconds for limit in project.given.api.rate_limiting},
        "tokens_name": "Tokens",
    }


def headers_context(_project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the middleware."""
    return {"docs_policy": DOCS_POLICY}


def main_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the application factory."""
    return {"cached": bool(project.given.performance.caching_strategy), "account": account(project)}


def deployment_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the deployment files."""
    deployment = project.given.deployment
    production = deployment.environment_management.environments[-1]
    return {
        "containers": deployment.containerization,
        "cloud": deployment.cloud_deployment,
        "variables": compose_variables(project),
        "plain": [v for v in deployment.environment_management.variables if not v.secret],
        "secret": [v for v in deployment.environment_management.variables if v.secret],
        "production": production,
        "autoscaled": deployment.cloud_deployment.replicas_max > deployment.cloud_deployment.replicas_min,
    }


def summary_line(project: Project) -> str:
    """Return one line about the service."""
    text = " ".join(project.given.task.description.split()) if project.given.has("task") else ""
    sentence = text.split(". ")[0].rstrip(".")
    return f"{sentence[:200]}." if sentence else f"The service {project.title}."


def readme_context(project: Project, _: EntityView | None) -> Mapping[str, object]:
    """Variables of the README."""
    variables = project.given.deployment.environment_management.variables
    secrets = [v.name for v in variables if v.secret]
    postgres = project.given.deployment.containerization.database_image
    return {
        "secret_names": [*(["POSTGRES_PASSWORD"] if postgres else []), *(n for n in secrets if n != "DATABASE_URL")],
        "kube_secrets": [f"{name}=..." for name in secrets],
        "who": who,
        "summary_line": summary_line(project),
        "variables": variables,
        "folders": [(folder, doc) for folder, doc in sorted(packages_of(project).items()) if folder != "app"],
        "endpoints": [e for e in project.given.api.endpoints if e.kind != "health"],
        "contracts": contracts_of(project),
        "account": account(project),
    }


def who(endpoint: Endpoint) -> str:
    """Return who may call an endpoint, in words."""
    allowed = endpoint.access
    if allowed.public:
        return "anyone"
    own = [f"{names.title(role)} (own)" for role in allowed.owner_roles]
    return ", ".join([*map(names.title, allowed.roles), *own]) or "any account"
