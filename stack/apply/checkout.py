"""What this checkout declares: ``prefect.yaml`` read strictly, and the files of ``automations/``."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from residency.errors import InvalidInputError

REPOSITORY = Path(__file__).resolve().parents[2]
"""The checkout: prefect.yaml, automations and flows."""

AUTOMATION_PREFIX = "residency: "
"""How the name of each automation of ours begins; who else uses it gets it listed as removed."""

GLOBAL_LIMIT_PREFIX = "residency-"
"""The same for global concurrency limits."""

VARIABLE_PREFIX = "residency_"
"""The same for variables."""

PLAN = "prefect.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class QueuePlan(_Strict):
    """A queue of the pool: how many runs at once, who goes first (1 before 2), what it is for."""

    limit: int = Field(ge=1)
    priority: int = Field(ge=1)
    description: str = Field(min_length=1)


class GlobalLimitPlan(_Strict):
    """A global concurrency limit; with a decay it is a rate limit."""

    limit: int = Field(ge=1)
    slot_decay_per_second: float = Field(default=0.0, ge=0)


class SchedulePlan(_Strict):
    """When a deployment runs by itself. Whether it is active is not said here: that belongs to people."""

    slug: str = Field(min_length=1)
    cron: str
    timezone: str
    parameters: dict[str, JsonValue] = {}


class ConcurrencyPlan(_Strict):
    """How many runs of one deployment may go on at once, and what becomes of a further one."""

    limit: int = Field(ge=1)
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"]


class WorkPoolPlan(_Strict):
    """Where the runs of a deployment wait, and how their process is started."""

    name: Literal["residency"]
    work_queue_name: str
    job_variables: dict[str, JsonValue] = {}


class DeploymentPlan(_Strict):
    """One deployment, in Prefect's own words."""

    name: str
    entrypoint: str = Field(pattern=r"^flows(\.\w+)+$")
    description: str = Field(min_length=1)
    tags: list[str]
    work_pool: WorkPoolPlan
    concurrency_limit: ConcurrencyPlan | None = None
    parameters: dict[str, JsonValue]
    schedules: list[SchedulePlan]


class _Definitions(BaseModel):
    # Prefect looks at none of this; anchors of the deployments stand here too.
    model_config = ConfigDict(frozen=True, extra="ignore")

    work_queues: dict[str, QueuePlan]
    global_concurrency_limits: dict[Annotated[str, Field(pattern=f"^{GLOBAL_LIMIT_PREFIX}")], GlobalLimitPlan]
    variables: dict[Annotated[str, Field(pattern=f"^{VARIABLE_PREFIX}")], str]


class Plan(_Strict):
    """All of ``prefect.yaml``."""

    name: str
    prefect_version: str = Field(alias="prefect-version")
    pull: list[dict[str, JsonValue]]
    definitions: _Definitions
    deployments: list[DeploymentPlan]

    @model_validator(mode="after")
    def _consistent(self) -> "Plan":
        queues = self.definitions.work_queues
        priorities = [queue.priority for queue in queues.values()]
        if len(set(priorities)) != len(priorities):
            raise ValueError("two work queues have the same priority; Prefect wants each once")
        names = [deployment.name for deployment in self.deployments]
        if len(set(names)) != len(names):
            raise ValueError("two deployments have the same name")
        for deployment in self.deployments:
            if deployment.work_pool.work_queue_name not in queues:
                raise ValueError(
                    f"deployment {deployment.name} waits in queue {deployment.work_pool.work_queue_name}, "
                    f"which is not among definitions.work_queues ({', '.join(queues)})"
                )
            if "{{" in deployment.model_dump_json():
                raise ValueError(
                    f"deployment {deployment.name} has a {{{{ template }}}}; write the value itself, "
                    "`residency apply` fills in no templates"
                )
        return self


def read_plan(root: Path = REPOSITORY) -> Plan:
    """``prefect.yaml`` of a checkout.

    Raises:
        InvalidInputError: naming the place of the first wrong value.
    """
    content = _yaml(root / PLAN)
    try:
        return Plan.model_validate(content)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise InvalidInputError(f"{PLAN} {place}".strip(), problem["input"], problem["msg"]) from error


def declared_names(root: Path = REPOSITORY) -> frozenset[str]:
    """Names of the deployments in prefect.yaml.

    Raises:
        InvalidInputError: if the file is wrong.
    """
    return frozenset(deployment.name for deployment in read_plan(root).deployments)


def read_automations(root: Path = REPOSITORY) -> dict[str, dict[str, Any]]:
    """Every file of ``automations/`` as it stands, by the automation's name.

    Raises:
        InvalidInputError: if a name is used twice or does not begin as ours do.
    """
    found: dict[str, dict[str, Any]] = {}
    for path in automation_files(root):
        content = _yaml(path)
        name = cast("dict[str, Any]", content).get("name") if isinstance(content, dict) else None
        place = f"automations/{path.name} name"
        if not isinstance(name, str) or not name.startswith(AUTOMATION_PREFIX):
            raise InvalidInputError(place, name, f"a name that begins with {AUTOMATION_PREFIX!r}")
        if name in found:
            raise InvalidInputError(place, name, "a name that no other file uses")
        found[name] = content
    return found


def automation_files(root: Path = REPOSITORY) -> list[Path]:
    """The files of ``automations/``, in order of their names."""
    return sorted((root / "automations").glob("*.yaml"))


def release() -> str:
    """The version of this package, which is its checkout whether or not anything was installed from it."""
    return str(tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"])


# ANN401: YAML is any value until a model has looked at it.
def _yaml(path: Path) -> Any:  # noqa: ANN401
    import yaml

    try:
        return yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise InvalidInputError(path.name, "not YAML", f"YAML ({error})") from error
