"""What deploy/ says agrees with the program: names of settings, ports, paths, times and sizes. Nothing is started."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from masterx.accounts.access import RULES
from masterx.settings import AREAS, ServerSettings, TurnSettings

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
NOT_OURS = {"MASTERX_SITE"}
"""Of the compose file itself: the name that people type."""
SERVER = ServerSettings(_env_file=None)
STOP_SECONDS = SERVER.drain_seconds + SERVER.shutdown_seconds


def text_of(place: str) -> str:
    return (DEPLOY / place).read_text()


def manifests() -> dict[str, dict[str, Any]]:
    """Kubernetes' objects by kind and name."""
    paths = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    objects = [each for path in paths for each in yaml.safe_load_all(path.read_text())]
    return {f"{each['kind']}/{each.get('metadata', {}).get('name', '')}": each for each in objects}


def pods(kinds: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in kinds.items():
        match each["kind"]:
            case "Deployment" | "Job":
                yield name, each["spec"]["template"]
            case "CronJob":
                yield name, each["spec"]["jobTemplate"]["spec"]["template"]


def seconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)(s|m)?", text)
    assert match
    return int(match[1]) * (60 if match[2] == "m" else 1)


def test_every_variable_is_a_setting() -> None:
    known = {f"MASTERX_{name.upper()}" for area in AREAS.values() for name in area.model_fields} | NOT_OURS
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            named = set(re.findall(r"\bMASTERX_[A-Z_]+\b", path.read_text()))
            assert named - known == set(), path.name


@pytest.mark.parametrize("place", ["Containerfile", "nginx/masterx.conf", "compose/Caddyfile"])
def test_the_port_is_ours(place: str) -> None:
    assert str(SERVER.port) in text_of(place)


def test_the_image_is_built_from_files_that_it_may_see() -> None:
    visible = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text_of("Containerfile"), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    assert sources == visible
    assert all((ROOT / source).exists() for source in sources)


def test_probes_ask_what_there_is_as_somebody_who_is_answered() -> None:
    deployment = manifests()["Deployment/masterx"]
    config = manifests()["ConfigMap/masterx"]["data"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asks = container[probe]["httpGet"]
        assert ("GET", asks["path"]) in RULES
        assert asks["port"] == container["ports"][0]["name"]
        assert {header["value"] for header in asks["httpHeaders"]} <= set(
            yaml.safe_load(config["MASTERX_ALLOWED_HOSTS"])
        )
    assert container["ports"][0]["containerPort"] == SERVER.port
    assert ("GET", re.findall(r"health_uri (\S+)", text_of("compose/Caddyfile"))[0]) in RULES
    assert ("GET", re.findall(r"127\.0\.0\.1:8001(/\S+?)'", text_of("Containerfile"))[0]) in RULES


def test_who_stops_a_server_waits_for_it() -> None:
    kinds = manifests()
    pod = kinds["Deployment/masterx"]["spec"]["template"]["spec"]
    config = kinds["ConfigMap/masterx"]["data"]
    before = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    own = float(config["MASTERX_DRAIN_SECONDS"]) + float(config["MASTERX_SHUTDOWN_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] >= before + own + 10
    compose = yaml.safe_load(text_of("compose/compose.yaml"))
    environment = compose["x-app"]["environment"]
    drain, shutdown = (float(environment[f"MASTERX_{name}_SECONDS"]) for name in ("DRAIN", "SHUTDOWN"))
    assert seconds(compose["x-app"]["stop_grace_period"]) >= drain + shutdown + 10
    (unit,) = re.findall(r"^TimeoutStopSec=(\d+)$", text_of("masterx.service"), re.MULTILINE)
    assert int(unit) >= STOP_SECONDS + 10


def test_proxies_let_whole_answers_through() -> None:
    longest = TurnSettings(_env_file=None).total_seconds
    nginx, caddy = text_of("nginx/masterx.conf"), text_of("compose/Caddyfile")
    annotations = manifests()["Ingress/masterx"]["metadata"]["annotations"]
    ingress = {name.rpartition("/")[2]: value for name, value in annotations.items()}
    assert "proxy_buffering off;" in nginx
    assert "flush_interval -1" in caddy
    assert ingress["proxy-buffering"] == "off"
    for wait in (
        *re.findall(r"proxy_read_timeout (\S+);", nginx),
        *re.findall(r"response_header_timeout (\S+)", caddy),
        ingress["proxy-read-timeout"],
    ):
        assert seconds(wait) > longest
    assert SERVER.max_body_bytes == 2**20
    assert "client_max_body_size 1m;" in nginx
    assert ingress["proxy-body-size"] == "1m"


def test_no_pod_may_more_than_it_needs() -> None:
    kinds = manifests()
    labels = kinds["NetworkPolicy/masterx"]["spec"]["podSelector"]["matchLabels"]
    for name, template in pods(kinds):
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"], name
        assert not spec["automountServiceAccountToken"], name
        assert labels.items() <= template["metadata"]["labels"].items(), name
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"], name
            assert not security["allowPrivilegeEscalation"], name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert "memory" in container["resources"]["limits"], name
            assert {source["secretRef"]["name"] for source in container["envFrom"] if "secretRef" in source} == {
                "masterx"
            }


def test_only_the_servers_are_behind_the_service() -> None:
    kinds = manifests()
    behind = kinds["Service/masterx"]["spec"]["selector"].items()
    assert [name for name, template in pods(kinds) if behind <= template["metadata"]["labels"].items()] == [
        "Deployment/masterx"
    ]
    budget = kinds["PodDisruptionBudget/masterx"]["spec"]["selector"]["matchLabels"]
    assert budget.items() <= kinds["Deployment/masterx"]["spec"]["template"]["metadata"]["labels"].items()


def test_all_manifests_are_applied_but_the_secret() -> None:
    listed = yaml.safe_load(text_of("kubernetes/kustomization.yaml"))["resources"]
    there = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    assert set(listed) == there - {"kustomization.yaml", "secret.example.yaml"}


def test_examples_hold_no_secret() -> None:
    secret = manifests()["Secret/masterx"]["stringData"]
    assert all(not value or "PASSWORD" in value for value in secret.values())
    for line in text_of("compose/example.env").splitlines():
        name, _, value = line.partition("=")
        if re.search(r"KEY|PASSWORD", name) and not line.startswith("#"):
            assert value == "", name
