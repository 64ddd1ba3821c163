"""The digest of what is deployed."""

from __future__ import annotations

from pathlib import Path

from sluice.local.fingerprint import fingerprint


def test_the_fingerprint_covers_what_is_deployed_and_nothing_else(tmp_path: Path) -> None:
    deployed = ["app.py", "cdk.json", "pyproject.toml", "uv.lock", "infra/a/b.py", "functions/handlers/x.py"]
    deployed += ["team.py", "ours/settings.py"]
    others = [
        "README.md",
        "tests/test_x.py",
        "functions/sluice/cli/x.py",
        "functions/handlers/__pycache__/x.pyc",
        ".env",
        "ours/notes.txt",
        "cdk.out/x.py",
    ]
    for name in deployed + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    before = fingerprint(tmp_path)

    for name in others:
        (tmp_path / name).write_text("after")
    assert fingerprint(tmp_path) == before

    seen = {before}
    for name in deployed:
        (tmp_path / name).write_text("after")
        seen.add(fingerprint(tmp_path))
    (tmp_path / "functions" / "handlers" / "x.py").rename(tmp_path / "functions" / "handlers" / "y.py")
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 1 + len(deployed) + 1
