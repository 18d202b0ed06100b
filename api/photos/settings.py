"""Where photos are kept, as the settings of the API say it."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from obstore.store import LocalStore, S3Store

from api.photos.objects import Objects
from api.photos.store import PhotoStore
from api.settings import ApiSettings
from patrol.errors import InputError
from runtime.settings import read_secret

_KEY_ID: Final = "AWS_ACCESS_KEY_ID"
_SECRET: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable
_CONNECT: Final = "10s"
_ANSWER: Final = "60s"
_RETRY: Final = timedelta(seconds=20)


def open_store(
    settings: ApiSettings, environment: Mapping[str, str] = os.environ
) -> PhotoStore | None:
    """Return where photos go, made ready; None where none are taken.

    InputError when the folder cannot be written or the bucket has no keys.
    """
    if settings.photo_folder is None:
        return None
    if settings.photo_store == "folder":
        settings.photo_folder.mkdir(parents=True, exist_ok=True)
        kept = Objects(LocalStore(settings.photo_folder), folder=settings.photo_folder)
    else:
        kept = Objects(_bucket(settings, environment))
    store = PhotoStore(settings.photo_folder, kept, most_bytes=settings.photo_bytes)
    store.prepare()
    return store


def _bucket(settings: ApiSettings, environment: Mapping[str, str]) -> S3Store:
    key_id, secret = _keys(settings, environment)
    is_plain = settings.s3_endpoint.startswith("http://")
    return S3Store(
        settings.s3_bucket,
        endpoint=settings.s3_endpoint or f"https://s3.{settings.s3_region}.amazonaws.com",
        region=settings.s3_region,
        access_key_id=key_id,
        secret_access_key=secret,
        client_options={"allow_http": is_plain, "connect_timeout": _CONNECT, "timeout": _ANSWER},
        # Whoever brings a photo tries again, and must not wait for minutes to be told so.
        retry_config={"max_retries": 2, "retry_timeout": _RETRY},
    )


def _keys(settings: ApiSettings, environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the id of the key and the key, from a file of two lines or from the environment."""
    if settings.s3_key_file is not None:
        lines = (read_secret(settings.s3_key_file) or "").split()
    else:
        lines = [environment.get(_KEY_ID, ""), environment.get(_SECRET, "")]
    if len(lines) != 2 or not all(lines):  # noqa: PLR2004 - id and key
        raise InputError(
            "[api] photo_store is 's3' and has no keys: give s3_key_file, a file of mode 0600 with "
            f"the id of the key and the key, a line each, or {_KEY_ID} and {_SECRET}"
        )
    return lines[0], lines[1]
