"""Signatures of webhooks, as in Standard Webhooks 1.0 (symmetric, `v1`)."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping

PREFIX = "whsec_"
_SECRET_BYTES = 32


def make_secret() -> str:
    """Return a new secret, to be shown once to whoever receives."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed(body: bytes, *, secret: str, message_id: str, at_s: int) -> Mapping[str, str]:
    """Return the headers that let a receiver tell who sent `body`, and that it is no repeat.

    The signature is HMAC-SHA256 over `id.timestamp.body`; ValueError when the secret is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error
    content = f"{message_id}.{at_s}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{signature}",
    }
