"""`sluice demo`."""

from __future__ import annotations

from tests.local.support.projects import Project


def test_the_demo_succeeds(project: Project) -> None:
    ran = project.run("demo")

    assert ran.code == 0, ran.err
    assert "order-placed" in ran.out
    assert "Ada Lovelace" in ran.out
    errors = project.run("traces", "send-receipt", "--status", "error", "--json").json
    assert [trace["error"]["message"] for trace in errors] == ["order A-1006 has no email address"]


def test_the_demo_prints_json(project: Project) -> None:
    ran = project.run("demo", "--json")

    assert ran.code == 0, ran.err
    assert ran.json["ok"] is True
    assert ran.json["differences"] == []
    kinds = {row["handler"]: row["kind"] for row in ran.json["status"]}
    assert kinds["nightly-report"] == "cron"
    assert kinds["order-placed"] == "worker"
