"""OwnTracks' encrypted messages: a secret-key box of libsodium, in Base64."""

from base64 import b64decode
from binascii import Error as Base64Error

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from gateway.codecs.events import Value
from patrol.errors import InputError

KEY_BYTES = SecretBox.KEY_SIZE


class SealedError(InputError):
    """A message cannot be opened by the key of the profile, if that has one."""


def unseal(data: Value, key: bytes | None) -> bytes:
    """Return what `data` holds; a shorter key is filled up with zeros, as the phones do.

    Raises SealedError where there is no key, a wrong one, or nothing sealed.
    """
    if not key or len(key) > KEY_BYTES:
        raise SealedError(
            f"the message is encrypted: give the phone's key, up to {KEY_BYTES} bytes, in the"
            " terminal's profile"
        )
    try:
        sealed = b64decode(data if isinstance(data, str) else "", validate=True)
        return SecretBox(key.ljust(KEY_BYTES, b"\0")).decrypt(sealed)
    except (Base64Error, CryptoError, TypeError, ValueError) as error:
        raise SealedError(
            "the message cannot be decrypted: compare the phone's key with the profile's"
        ) from error
