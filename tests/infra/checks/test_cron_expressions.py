"""The problems of cron expressions."""

from __future__ import annotations

import pytest

from infra.checks.cron_expressions import problems_with_expression


@pytest.mark.parametrize(
    "expression",
    [
        "0 10 * * ? *",
        "15 12 * * ? *",
        "0 18 ? * MON-FRI *",
        "0 8 1 * ? *",
        "0/10 * ? * MON-FRI *",
        "0/5 8-17 ? * mon-fri *",
        "0 9 ? * 2#1 *",
        "0 9 ? * MON#3 *",
        "0 0 L * ? *",
        "0 0 LW * ? *",
        "0 0 L-3 * ? *",
        "0 0 15W * ? *",
        "0 0 ? * 6L *",
        "0 0 ? * FRIL *",
        "0 3 ? * WED *",
        "0 3 ? JUL SUN *",
        "0,30 0 1,15 JAN,JUL ? 2026-2030",
        "*/15 * * * ? *",
        "0 0 29 2 ? 2028/4",
    ],
)
def test_expressions_that_aws_takes_have_no_problem(expression: str) -> None:
    assert list(problems_with_expression(expression)) == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", "it has 0 fields; AWS needs 6"),
        ("0 3 * * ? * *", "it has 7 fields"),
        ("cron(0 3 * * ? *)", "write only the part between the parentheses"),
        ("rate(5 minutes)", "or use every=... for an interval"),
        ("60 3 * * ? *", "minutes '60' is not valid; it may be 0 to 59"),
        ("0 24 * * ? *", "hours '24' is not valid; it may be 0 to 23"),
        ("0 3 32 * ? *", "day of the month '32' is not valid; it may be 1 to 31"),
        ("0 3 0 * ? *", "day of the month '0' is not valid"),
        ("0 3 * 13 ? *", "month '13' is not valid; it may be 1 to 12 or JAN to DEC"),
        ("0 3 ? * 0 *", "day of the week '0' is not valid; it may be 1 to 7 or SUN to SAT"),
        ("0 3 ? * MO *", "day of the week 'MO' is not valid"),
        ("0 3 * * ? 1969", "year '1969' is not valid; it may be 1970 to 2199"),
        ("0 3 * * * *", "the day of the month and the day of the week are both given; AWS needs '?' for one"),
        ("0 3 ? * ? *", "are both '?'"),
        ("? 3 * * ? *", "minutes '?' is not valid"),
        ("0 3-5-7 * * ? *", "hours '3-5-7' is not valid"),
        ("*/0 3 * * ? *", "minutes '*/0' has the step '0'; write a whole number from 1 to 59"),
        ("*/x 3 * * ? *", "has the step 'x'"),
        ("*/60 3 * * ? *", "has the step '60'; write a whole number from 1 to 59 after '/'"),
        ("1,,2 3 * * ? *", "minutes '' is not valid"),
        ("1,* 3 * * ? *", "minutes '*' is not valid"),
        ("0 3 ? * MON#6 *", "day of the week 'MON#6' is not valid"),
        ("0 3 32W * ? *", "day of the month '32W' is not valid"),
        (
            "0 3 1,L * ? *",
            "day of the month '1,L' is not valid; with L, W or # it may be L, L-3, LW or 15W, and nothing else",
        ),
        ("0 3 L-31 * ? *", "day of the month 'L-31' is not valid"),
        ("0 3 ? * L *", "day of the week 'L' can be read in two ways; write SAT, or SATL for the last Saturday"),
        ("0 3 ? * MON#1,FRI#2 *", "day of the week 'MON#1,FRI#2' is not valid"),
        ("0 3 ? * MON/2 *", "day of the week 'MON/2' has a step, which AWS refuses in this field; list the days"),
        ("0 3 ? * FRI-MON *", "day of the week 'FRI-MON' runs backwards; write FRI-SAT,SUN-MON"),
        ("0 22-2 * * ? *", "hours '22-2' runs backwards; write 22-23,0-2"),
        ("0 3 * 12-1 ? *", "month '12-1' runs backwards; write 12,1"),
        ("٣ 3 * * ? *", "minutes '٣' is not valid"),
    ],
)
def test_expressions_that_aws_refuses_have_a_problem(expression: str, expected: str) -> None:
    assert expected in "\n".join(problems_with_expression(expression))
