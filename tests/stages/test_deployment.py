"""The deployment stage: what runs suits load, database and task; each check catches its mutant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from designs import CASES, designed, failing, redesigned, task

from backend_agent.artifacts.deployment import DeploymentConfiguration, Environment, EnvironmentVariable
from backend_agent.stages.deployment import STAGE

Config = DeploymentConfiguration


@pytest.mark.parametrize("case", CASES)
def test_drafts_pass_their_checks(case: str) -> None:
    assert failing(STAGE, designed(case)) == {}


def test_sqlite_runs_once_and_brings_no_database_container() -> None:
    deployment = designed("todo")["deployment"]
    assert deployment.cloud_deployment.replicas_max == 1
    assert "database" not in deployment.containerization.services
    assert ".backup" in deployment.backup_recovery[0].detail


def test_kubernetes_runs_at_least_twice() -> None:
    cloud = designed("clinic")["deployment"].cloud_deployment
    assert cloud.platform == "kubernetes"
    assert cloud.replicas_min >= 2


def test_environments_are_those_of_the_task() -> None:
    found = designed("clinic")["deployment"].environment_management.environments
    assert [e.name for e in found] == ["development", "staging", "production"]
    assert found[0].log_level == "DEBUG"
    assert found[2].log_level == "INFO"


def test_the_key_is_a_variable_only_where_columns_are_encrypted() -> None:
    for case in CASES:
        names = {v.name for v in designed(case)["deployment"].environment_management.variables}
        assert ("ENCRYPTION_KEY" in names) == (case in ("clinic", "bank"))


def test_load_decides_the_replicas() -> None:
    figures = task("bookshop").performance_requirements.model_copy(update={"throughput_rps": 2000.0})
    busy = task("bookshop").model_copy(update={"performance_requirements": figures})
    assert redesigned("bookshop", task=busy)["deployment"].cloud_deployment.replicas_min == 5


def _cloud(**changes: Any) -> Callable[[Config], Config]:
    return lambda c: c.model_copy(update={"cloud_deployment": c.cloud_deployment.model_copy(update=changes)})


def _containers(**changes: Any) -> Callable[[Config], Config]:
    return lambda c: c.model_copy(update={"containerization": c.containerization.model_copy(update=changes)})


def _managed(config: Config, **changes: Any) -> Config:
    managed = config.environment_management.model_copy(update=changes)
    return config.model_copy(update={"environment_management": managed})


def _variables(change: Callable[[list[EnvironmentVariable]], list[EnvironmentVariable]]) -> Callable[[Config], Config]:
    return lambda c: _managed(c, variables=change(c.environment_management.variables))


def _open(variables: list[EnvironmentVariable]) -> list[EnvironmentVariable]:
    return [v.model_copy(update={"secret": False}) for v in variables]


def _known(variables: list[EnvironmentVariable]) -> list[EnvironmentVariable]:
    return [v.model_copy(update={"default": "hunter2"}) if v.secret else v for v in variables]


MUTANTS: list[tuple[str, Callable[[Config], Config]]] = [
    ("secrets_marked", _variables(_open)),
    ("secrets_marked", _variables(_known)),
    ("variables_complete", _variables(lambda v: v[1:])),
    ("variables_complete", _variables(lambda v: [*v, v[0]])),
    ("variables_complete", _variables(lambda v: [x for x in v if x.name != "ENCRYPTION_KEY"])),
    ("replicas", _cloud(replicas_min=5)),
    ("replicas", _cloud(replicas_min=1)),
    ("replicas", _cloud(replicas_max=40)),
    ("environments", lambda c: _managed(c, environments=c.environment_management.environments[1:])),
    (
        "environments",
        lambda c: _managed(
            c,
            environments=[
                Environment(name=e.name, purpose="", replicas=1, log_level="DEBUG")
                for e in c.environment_management.environments
            ],
        ),
    ),
    ("resources", _cloud(memory_limit="64Mi")),
    ("resources", _cloud(cpu_request="2")),
    ("containers", _containers(user="root")),
    ("containers", _containers(base_image="python:latest")),
    ("containers", _containers(services=["app", "migrate"])),
    ("platform", _cloud(platform="docker")),
    ("pipeline", lambda c: c.model_copy(update={"ci_cd_pipeline": c.ci_cd_pipeline[:-1]})),
    ("restorable", lambda c: c.model_copy(update={"backup_recovery": c.backup_recovery[:1]})),
    ("restorable", lambda c: c.model_copy(update={"backup_recovery": []})),
]


@pytest.mark.parametrize(("name", "mutate"), MUTANTS)
def test_a_check_catches_its_mutant(name: str, mutate: Callable[[Config], Config]) -> None:
    state = designed("clinic")
    assert name in failing(STAGE, {**state, "deployment": mutate(state["deployment"])})


def test_two_processes_on_one_sqlite_file_are_caught() -> None:
    state = designed("todo")
    mutant = _cloud(replicas_max=3)(state["deployment"])
    assert "replicas" in failing(STAGE, {**state, "deployment": mutant})


def test_every_check_has_a_mutant() -> None:
    assert {c.name for c in STAGE.checks} == {name for name, _ in MUTANTS}
