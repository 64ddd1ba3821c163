from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.recording import secret_names
from sluice.recording.secret_names import SecretNames

SECRET = (
    "password Password PASSWORD db_password DB_PASSWORD_PROD user[password] newPassword passwordHash password2 PassWord"
    " passwd pwd passphrase apiKey api_key apikey API-KEY X-Api-Key stripe_api_key APIKey authorization"
    " Proxy-Authorization token accessToken access_token accesstoken id_token CSRF-Token X-Amz-Security-Token jwt"
    " secret client_secret clientSecret secrets secretKey AWS_SECRET_ACCESS_KEY private_key privateKey signingKey"
    " credentials cookie Set-Cookie cvv cvv2 cvc otp ssn cardNumber card_number"
    " card.number connectionString token_value"
)
PLAIN = (
    "name id event key primaryKey public_key foreignKey token_count tokenCount tokens max_tokens tokenType token_type"
    " next_token nextToken NextToken pageToken continuation_token ClientRequestToken idempotencyToken TaskToken"
    " device_token secret_name SecretId secretArn passwordResetUrl password_length password_changed_at passenger"
    " password_policy compass author authored_by keyboard monkey cookie_consent AccessKeyId access_key_id session_id"
    " signature number order_number account_number phone_number string code zip_code pin credit accredited otpauth_url"
    " secretary authorization_id card card_type discard"
)


@pytest.mark.parametrize("name", SECRET.split())
def test_names_of_secrets_are_told_however_they_are_spelt(name: str) -> None:
    assert SecretNames().is_hidden(name)


@pytest.mark.parametrize("name", ["", "_", "42", *PLAIN.split()])
def test_names_that_only_resemble_them_are_left(name: str) -> None:
    assert not SecretNames().is_hidden(name)


@pytest.mark.parametrize("name", ["customer_email", "customerEmail", "Customer-Email", "old_customer_email"])
def test_a_name_of_the_settings_stands_for_every_name_that_ends_in_its_words(name: str) -> None:
    assert SecretNames(["customer_email"]).is_hidden(name)
    assert not SecretNames(["customer_email"]).is_hidden("email")
    assert not SecretNames(["customer_email"]).is_hidden("customer_email_sent")


def test_a_name_that_the_settings_call_plain_is_plain() -> None:
    names = SecretNames(plain=["token"])
    assert not names.is_hidden("token")
    assert not names.is_hidden("accessToken")
    assert names.is_hidden("password")


@given(st.lists(st.text(), max_size=30))
def test_an_answer_is_the_same_the_second_time_and_when_names_are_forgotten(names: list[str]) -> None:
    judge = SecretNames()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secret_names, "_MAX_KNOWN", 3)
        first = [judge.is_hidden(name) for name in names]
        assert [judge.is_hidden(name) for name in names] == first
        assert len(judge.known_plain) <= 3
