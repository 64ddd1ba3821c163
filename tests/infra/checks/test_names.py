"""A team's own module may have no name that something else imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.checks.names import problems_with_names

PROJECT = '[project]\ndependencies = ["boto3>=1", "aws-lambda-powertools>=3"]\n'


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    for directory in ("handlers", "sluice"):
        (tmp_path / "functions" / directory).mkdir(parents=True)
        (tmp_path / "functions" / directory / "copy.py").touch()
    return tmp_path / "functions"


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("copy.py", "Python's own module copy"),
        ("calendar.py", "Python's own module calendar"),
        ("json/__init__.py", "Python's own module json"),
        ("email/helpers/send.py", "Python's own module email"),
        ("jmespath.py", "the package jmespath"),
        ("six.py", "the package six"),
        ("dateutil.py", "the package python-dateutil"),
        ("aws_lambda_powertools.py", "the package aws-lambda-powertools"),
        ("awslambdaric.py", "the module awslambdaric of Lambda's runtime"),
    ],
)
def test_a_module_that_would_be_imported_in_place_of_another_is_a_problem(
    functions: Path, file: str, owner: str
) -> None:
    path = functions / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    (problem,) = problems_with_names(functions)
    named = file.partition("/")[0]
    assert problem == (
        f"functions/{named}: rename it; every function would import it in place of {owner}, and could not start"
    )


@pytest.mark.parametrize("file", ["shop.py", "pytest.py", "shop/copy.py", "copy.txt", "data/json.json", "copies.py"])
def test_other_files_are_no_problem(functions: Path, file: str) -> None:
    path = functions / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert problems_with_names(functions) == []


def test_a_project_that_cannot_be_read_is_no_problem_of_its_names(functions: Path) -> None:
    (functions.parent / "pyproject.toml").write_text("[")
    (functions / "shop.py").touch()
    assert problems_with_names(functions) == []
