"""The reason of a failure, found in what app.py and the CDK printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sluice.local.failure_reason import NOTHING_MADE, reason_in

ROOT = Path("/home/ada/shop")

VALIDATION = """
Sluice: 2 problems to fix before anything is deployed:
- handler 'a': one
- handler 'b': two
python3 app.py: Subprocess exited with error 1
"""

VALIDATION_OF_MANY = "Sluice: 30 problems to fix before anything is deployed:\n" + "".join(
    f"- handler {number}: wrong\n" for number in range(30)
)

IMPORT_ERROR = f"""
Traceback (most recent call last):
  File "{ROOT}/app.py", line 5, in <module>
    from infra import Cron
  File "{ROOT}/infra/__init__.py", line 2, in <module>
    import nothing
  File "{ROOT}/.venv/lib/python3.13/site-packages/x.py", line 7, in <module>
    import nothing
ModuleNotFoundError: No module named 'nothing'
python3 app.py: Subprocess exited with error 1
"""

SYNTAX_ERROR = f"""
  File "{ROOT}/app.py", line 3
    x = (
        ^
SyntaxError: '(' was never closed
"""

CHAINED = f"""
jsii.errors.JavaScriptError:
  @jsii/kernel.RuntimeError: Error: name too long
      at Kernel._Kernel_ensureSync (/tmp/x.js:1:2)

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "{ROOT}/app.py", line 9, in <module>
    SluiceStack(app)
  File "/usr/lib/python3/jsii/process.py", line 359, in send
    raise RuntimeError(resp.error) from JavaScriptError(resp.stack)
RuntimeError: Error: name too long
and this is the second line of it
"""

DEPLOYMENT = """
sluice-local: creating CloudFormation changeset...
sluice-local |  1/33 | 7:09:50 PM | CREATE_COMPLETE  | AWS::SQS::Queue     | a (a1524EB34)
sluice-local |  1/33 | 7:09:51 PM | CREATE_FAILED    | AWS::Lambda::Function | f (f42) Runtime not supported
 ❌  sluice-local failed: The stack named sluice-local failed creation
"""


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (VALIDATION, "Sluice: 2 problems to fix before anything is deployed:\n- handler 'a': one\n- handler 'b': two"),
        (
            "ValueError: careful\n- careful\n" + VALIDATION_OF_MANY,
            "Sluice: 30 problems to fix before anything is deployed:\n"
            + "\n".join(f"- handler {number}: wrong" for number in range(30)),
        ),
        ("[Error] ENOENT: no such file or directory, open '/x/cdk.out/manifest.json'", NOTHING_MADE),
        (IMPORT_ERROR, "infra/__init__.py, line 2: ModuleNotFoundError: No module named 'nothing'"),
        (SYNTAX_ERROR, "app.py, line 3: SyntaxError: '(' was never closed"),
        (CHAINED, "app.py, line 9: RuntimeError: Error: name too long\nand this is the second line of it"),
        (
            DEPLOYMENT,
            "AWS::Lambda::Function f (f42) Runtime not supported\n"
            "❌  sluice-local failed: The stack named sluice-local failed creation",
        ),
        ("\n".join(f"line {number}" for number in range(30)), "\n".join(f"line {n}" for n in range(15, 30))),
        ("", ""),
    ],
)
def test_the_reason_is_found(output: str, reason: str) -> None:
    assert reason_in(output.splitlines(), ROOT) == reason
