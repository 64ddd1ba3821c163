from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sluice.recording.redaction import Redaction, Secrets
from sluice.recording.secret_patterns import HIDDEN

PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join("MIIEpAIBAAKCAQEAx" * 3 for _ in range(4))
    + "\n-----END RSA PRIVATE KEY-----"
)
FORMS = {
    "AWS key": "AKIAIOSFODNN7EXAMPLE",
    "AWS temporary key": "ASIAIOSFODNN7EXAMPLE",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "GitHub": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "Stripe": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "Slack": "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    "Google": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "card": "4111111111111111",
    "card in groups": "4111 1111 1111 1111",
}
WORDS = st.text(
    st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789!$%*+-./?@^_~ äß\"'\\\n{}[],:=&"),
    min_size=8,
    max_size=40,
)
"""Secrets that people may choose."""


def new_secrets(*names: str) -> Secrets:
    return Redaction(names).of_run()


def of_event(secrets: Secrets, event: object, **how: Any) -> str:
    return secrets.json_text(json.dumps(event, **how), event)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("password=hunter2&user=x", "password=[redacted]&user=x"),
        ("https://x.example/?api_key=abc123&n=1", "https://x.example/?api_key=[redacted]&n=1"),
        ("password: swordfish", "password: [redacted]"),
        ('{"password": "my secret phrase", "n": 1}', '{"password": "[redacted]", "n": 1}'),
        ('{"cvv": 123, "n": 4}', '{"cvv": "[redacted]", "n": 4}'),
        ('{"credentials": {"user": "x", "n": [1]}, "n": 2}', '{"credentials": "[redacted]", "n": 2}'),
        ("{'token': 'a\\'b', 'n': 1}", "{'token': '[redacted]', 'n': 1}"),
        (r'{"body": "{\"apiKey\": \"a\\\"b\", \"n\": 1}"}', r'{"body": "{\"apiKey\": \"[redacted]\", \"n\": 1}"}'),
        ("Authorization: Digest a b c\nHost: x", "Authorization: [redacted]\nHost: x"),
        ("Cookie: a=1; b=2", "Cookie: [redacted]"),
        ("connect(password='hunter2')", "connect(password='[redacted]')"),
        ("postgres://me:hunter2@db.example/x", "postgres://me:[redacted]@db.example/x"),
        ("sent Bearer abcdefgh-0123456789abcdef", "sent Bearer [redacted]"),
        (f"a {PEM} b", f"a -----BEGIN RSA PRIVATE KEY-----{HIDDEN}-----END RSA PRIVATE KEY----- b"),
    ],
)
def test_a_value_under_a_secrets_name_is_hidden_in_a_text(text: str, redacted: str) -> None:
    assert new_secrets().text(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "INFO shop: logged one",
        'password = event["password"]',
        "token = get_token(user)",
        "connect(password=password)",
        "if password == other:",
        "Your password: must have 8 characters",
        "password: str = None",
        '{"password": null, "token": "", "secret": true}',
        "next_token=abc123",
        "https://user@example.com/a:b",
        "Basic information, and a bearer of news",
        "2026-11-27 01:13:50,123",
        "01909a3e-7c5b-7d1e-8f3a-0123456789ab",
        "password=${PASSWORD}",
    ],
)
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    secrets = new_secrets()
    assert secrets.text(text) is text


@pytest.mark.parametrize("secret", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("form", ["{}", "see {}.", '"{}"', "x" * 90 + " {}", "a={},"])
def test_a_secret_is_known_by_its_form(secret: str, form: str) -> None:
    assert secret not in new_secrets().text(form.format(secret))


@pytest.mark.parametrize("secret", FORMS.values(), ids=FORMS)
def test_a_secret_that_is_known_by_its_form_is_hidden_in_an_event(secret: str) -> None:
    event = {"a": [{"b": f"c {secret}"}], "n": 1.50}
    redacted = of_event(new_secrets(), event)
    assert secret not in redacted
    assert json.loads(redacted)["n"] == 1.5


def test_a_text_is_redacted_whole_so_that_no_part_of_a_secret_survives_a_cut() -> None:
    text = "x" * 90 + " " + FORMS["GitHub"]
    assert "ghp_" not in new_secrets().text(text)[:112]


def test_an_event_without_a_secret_stays_number_for_number() -> None:
    text = '{"n": 1.10, "n": 12345678901234567890123, "passenger": {"author": "x"}, "url": "https://a.example/?b=c"}'
    assert new_secrets().json_text(text, json.loads(text)) is text


def test_only_the_secret_of_an_event_is_changed() -> None:
    text = '{"n": 1.10, "n": 1e400, "password" : "hunter2", "m": [1.0]}'
    assert new_secrets().json_text(text, json.loads(text)) == text.replace("hunter2", HIDDEN)


@pytest.mark.parametrize("number", [4111111111111111, 123456])
def test_an_event_whose_number_is_hidden_is_still_json(number: int) -> None:
    redacted = of_event(new_secrets(), {"otp": 123456, "n": [number, 7], "m": number, "text": f"a:{number},b"})
    assert json.loads(redacted) == {"otp": HIDDEN, "n": [HIDDEN, 7], "m": HIDDEN, "text": f"a:{HIDDEN},b"}


def test_a_value_that_stood_under_a_secrets_name_is_removed_everywhere_else() -> None:
    secrets = new_secrets()
    of_event(secrets, {"user": {"apiKey": "zebra-9"}, "keys": {"secrets": ["lion-77", {"a": 314159}]}})
    assert secrets.text("zebra-9 and lion-77, then 314159") == f"{HIDDEN} and {HIDDEN}, then {HIDDEN}"
    assert secrets.json({"zebra-9": ["lion-77", 314159, 1]}) == {HIDDEN: [HIDDEN, HIDDEN, 1]}


def test_a_short_value_is_hidden_under_its_name_only() -> None:
    secrets = new_secrets()
    assert of_event(secrets, {"otp": "1234"}) == '{"otp": "[redacted]"}'
    assert secrets.text("order 1234") == "order 1234"


def test_a_password_in_a_url_and_a_token_in_a_header_are_removed_by_themselves() -> None:
    secrets = new_secrets()
    of_event(secrets, {"db": "postgres://me:hunter2x@h", "headers": {"Authorization": "Bearer wolf-5150"}})
    assert secrets.text("hunter2x wolf-5150") == f"{HIDDEN} {HIDDEN}"


def test_the_lines_of_a_private_key_are_removed_one_by_one() -> None:
    secrets = new_secrets()
    secrets.note(PEM)
    for line in PEM.splitlines()[1:-1]:
        assert secrets.text(line) == HIDDEN


def test_the_environments_secrets_are_removed_from_every_run() -> None:
    redaction = Redaction(environment={"STRIPE_API_KEY": "zebra-9", "LEVEL": "lion-77", "PWD": "/var/task"})
    for _ in range(2):
        assert redaction.of_run().text("zebra-9 lion-77 /var/task") == f"{HIDDEN} lion-77 /var/task"


def test_a_run_does_not_know_the_secrets_of_another() -> None:
    redaction = Redaction()
    redaction.of_run().note("zebra-9")
    assert redaction.of_run().text("zebra-9") == "zebra-9"


def test_names_of_the_settings_are_secret_or_plain() -> None:
    secrets = new_secrets("iban", "!token")
    assert secrets.json({"iban": "DE00", "token": "abc"}) == {"iban": HIDDEN, "token": "abc"}
    assert of_event(secrets, {"iban": "DE00", "token": "abc"}) == '{"iban": "[redacted]", "token": "abc"}'


def test_redaction_that_is_off_changes_nothing() -> None:
    secrets = Redaction.of(False, {"API_KEY": "zebra-9"}).of_run()
    event = {"password": "hunter2", "card": "4111111111111111", "a": "zebra-9"}
    secrets.note("hunter2")
    assert (of_event(secrets, event), secrets.json(event)) == (json.dumps(event), event)
    assert secrets.text("password=hunter2") == "password=hunter2"
    assert not secrets.is_hidden("password")


class Refusing(dict):  # type: ignore[type-arg]
    """Raises as soon as it is looked into."""

    def __contains__(self, _: object) -> bool:
        raise ZeroDivisionError

    __iter__ = __contains__  # type: ignore[assignment]


def test_what_cannot_be_redacted_is_left_out() -> None:
    secrets = new_secrets()
    secrets._values = Refusing()
    for redacted in (secrets.text("a secret"), secrets.json({"a": "a secret"}), of_event(secrets, {"a": "a secret"})):
        assert "left out" in redacted
        assert "a secret" not in redacted


def forms_of(secret: str) -> list[str]:
    in_json = json.dumps(secret)[1:-1]
    return [
        secret,
        in_json,
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        json.dumps(in_json)[1:-1],
    ]


@given(
    WORDS.filter(lambda text: len(text.strip()) >= 8),
    st.sampled_from(["password", "apiKey", "X-Api-Key", "client_secret", "Authorization"]),
    st.booleans(),
)
def test_a_secret_is_nowhere_in_what_is_kept(secret: str, name: str, ascii_only: bool) -> None:
    secret = secret.strip()
    assume(secret not in HIDDEN)
    event = {"a": [{"b": {name: secret}}], "c": f"before {secret} after", "d": json.dumps({name: secret}), "n": 1.25}
    secrets = new_secrets()
    redacted = of_event(secrets, event, ensure_ascii=ascii_only)
    kept = [
        redacted,
        secrets.text(f"login as x with {secret} failed"),
        secrets.text(repr(ValueError(secret, {name: secret}))),
        secrets.text(f"https://x.example/?q={quote(secret, safe='')}"),
        json.dumps(secrets.json({"x": [secret, {secret: 1}]})),
    ]
    for text in kept:
        assert [form for form in forms_of(secret) if form in text] == []
    assert json.loads(redacted)["n"] == 1.25


@given(st.text(st.sampled_from("ab:=\"'\\ {}[],password1\n/@-.eyJ4111"), max_size=80))
def test_no_text_raises_and_what_is_redacted_stays_so(text: str) -> None:
    secrets = new_secrets()
    once = secrets.text(text)
    assert "left out" not in once
    assert "left out" not in str(secrets.json({"password": [text], text: text}))
