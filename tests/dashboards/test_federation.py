"""The configs of hubs and of the Prometheus above them: each is taken by the program it is for."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from agent.hubs.loader import load_registry
from collectors.catalogue import all_metrics, recorded
from collectors.strict import Problems
from dashboards import federation, rule_files
from dashboards.federation import FEDERATED
from dashboards.federation_plan import Access, HubPlan, Plan, example, load_plan
from dashboards.rules import recording_groups
from tests.support import binary, free_port, running

REGISTRY = load_registry()
PLAN = """
hubs:
  guian:
    gateways: ["https://gw1.example:9717", "https://gw2.example:9717"]
    prometheus: p.guian.example:9090
    scrapers: [s1.example:9090, s2.example:9090]
  kunming: {gateways: ["http://gw.example:9717"], prometheus: "p.kunming.example:9090"}
access: {username: prometheus, password_file: password}
gone_after: 90s
"""
PLACES = {
    "rack",
    "row",
    "pdu",
    "meter",
    "node",
    "accelerator",
    "device",
    "instance",
    "outlet",
    "breaker",
}
"""Labels of which a hub has thousands."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the configs of a plan, with the rules beside those that read them, and the files of
    `access`.
    """
    folder = tmp_path_factory.mktemp("federation")
    (folder / "plan.yaml").write_text(PLAN)
    out = folder / "out"
    federation.write(out, load_plan(folder / "plan.yaml"))
    for hub in ("guian", "kunming"):
        rule_files.write(out / hub / "rules", REGISTRY)
        (out / hub / "password").write_text("")
    return out


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a tool; returns what it prints, and fails where it does not like what it was given."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "guian/prometheus",
        "guian/scraper-1-of-2",
        "guian/scraper-2-of-2",
        "kunming/prometheus",
        "global/prometheus",
    ],
)
def test_prometheus_takes_the_configs(built: Path, name: str) -> None:
    """Promtool finds every config good, and the rules that it names."""
    assert "SUCCESS" in run(
        binary("promtool"), "check", "config", "--syntax-only", built / f"{name}.yml"
    )


def test_prometheus_in_agent_mode_takes_its_config(tmp_path: Path) -> None:
    """Promtool finds it good, and the program itself comes up with it."""
    plan = Plan(
        hubs={
            "guian": HubPlan(
                gateways=(f"http://127.0.0.1:{free_port()}",), prometheus="127.0.0.1:9090"
            )
        }
    )
    federation.write(tmp_path, plan)
    config = tmp_path / "guian" / "agent.yml"
    run(binary("promtool"), "check", "config", "--agent", config)
    port = free_port()
    command = [
        binary("prometheus"),
        "--enable-feature=agent",
        f"--config.file={config}",
        f"--storage.agent.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, log=tmp_path / "log", ready=f"http://127.0.0.1:{port}/-/ready"):
        pass


@pytest.mark.parametrize("hub", ["guian", "kunming"])
def test_vmagent_takes_its_config(built: Path, hub: str) -> None:
    """Vmagent knows every entry of it."""
    flags = (
        "-dryRun",
        f"-promscrape.config={built / hub / 'vmagent.yml'}",
        "-remoteWrite.url=http://127.0.0.1:1/",
    )
    run(binary("vmagent"), *flags, cwd=built / hub)


def test_the_same_plan_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    """Written twice, every file is the same."""
    plan = load_plan(built.parent / "plan.yaml")
    for path in federation.write(tmp_path, plan):
        assert path.read_bytes() == (built / path.relative_to(tmp_path)).read_bytes()


def test_what_is_federated_has_no_racks() -> None:
    """Nothing that the Prometheus above takes is of a rack, a device or a node: neither a metric
    nor what a rule keeps of one. A site's gateways are told apart where one of them is chosen,
    and where one of them is gone.
    """
    for metric in all_metrics():
        if any(re.fullmatch(names, metric.full_name) for names in FEDERATED):
            assert not PLACES & set(metric.labels), metric.full_name
    for rule in (rule for group in recording_groups(REGISTRY) for rule in group.rules):
        if any(re.fullmatch(names, rule.record) for names in FEDERATED):
            outermost = re.match(r"\s*(?:\w+)\s+by\s*\(([^)]*)\)", rule.expr)
            kept = set(outermost[1].replace(" ", "").split(",")) if outermost else set()
            by_gateway = {recorded.PUE_CATEGORY, recorded.SCOPES_TOLD}
            gateways = {"instance"} if rule.record in by_gateway else set()
            assert not (PLACES - gateways) & kept, rule.record


def test_hubs_are_kept_apart_and_end_when_they_end(built: Path) -> None:
    """A province's value comes from several hubs: each says who told it.

    And without the hubs' timestamps, what ends is marked as ended.
    """
    (job,) = yaml.safe_load((built / "global" / "prometheus.yml").read_text())["scrape_configs"]
    assert job["honor_labels"] is True
    assert job["honor_timestamps"] is False
    assert [one["labels"]["told_by"] for one in job["static_configs"]] == ["guian", "kunming"]


def test_each_node_is_scraped_by_one_of_several(built: Path) -> None:
    """A hash of the node's place, modulo the number of scrapers, is each scraper's number once."""
    shares = []
    for number in (1, 2):
        config = yaml.safe_load((built / f"guian/scraper-{number}-of-2.yml").read_text("utf-8"))
        (job,) = config["scrape_configs"]
        hashed, kept, *_ = job["relabel_configs"]
        assert hashed["source_labels"] == ["site", "row", "rack"]
        assert kept["source_labels"] == [hashed["target_label"]]
        shares.append((hashed["modulus"], kept["regex"], kept["action"]))
    assert shares == [(2, "0", "keep"), (2, "1", "keep")]


def test_only_the_hubs_below_can_be_gone(built: Path) -> None:
    """The alert is of the plan's hubs: a province that is told of by one of them does not make a
    second page.
    """
    (group,) = yaml.safe_load((built / "global" / "alerts.yml").read_text())["groups"]
    (rule,) = group["rules"]
    assert (rule["alert"], rule["for"]) == ("HubGone", "90s")
    assert rule["expr"].count('hub=~"guian|kunming"') == 2
    run(binary("promtool"), "check", "rules", built / "global" / "alerts.yml")


def test_the_example_is_of_all_places() -> None:
    """Without a plan, every hub that is a place has its configs, and neither the country nor a
    province has.
    """
    assert set(example(REGISTRY).hubs) == {"guian", "kunming", "liangya"}


def test_a_plan_is_read_strictly(tmp_path: Path) -> None:
    """A mistake in the plan is one line with file and key."""
    path = tmp_path / "plan.yaml"
    path.write_text("hubs: {guian: {gateways: [], promtheus: a}}\n")
    with pytest.raises(Problems, match=r"plan.yaml:1: hubs.guian.promtheus: unknown key"):
        load_plan(path)


def test_access_is_said_where_it_is_needed() -> None:
    """Whoever asks a gateway or a node proves who it is, and nothing is said where nothing is
    configured.
    """
    assert Access().json() == {}
    plan = Plan(
        hubs={"h": HubPlan(gateways=("https://g:1",), prometheus="p:1", scrapers=("s:1",))},
        access=Access(cert_file="c", key_file="k"),
    )
    for name, content in federation.files(plan).items():
        for job in content.get("scrape_configs", ()):
            assert job["tls_config"] == {"cert_file": "c", "key_file": "k"}, name
            assert all("tls_config" in one for one in job.get("http_sd_configs", ()))
