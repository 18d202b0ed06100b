"""OpenID Connect: somebody else vouches for people (authorization code with PKCE).

Signatures are checked with joserfc, claims with Authlib, against the keys that the provider
publishes; they are read again when a token names one that is not known.
"""

import asyncio
from time import monotonic
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx
import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from api.identity.settings import IdentitySettings, is_safe_url
from api.problems import SIGN_IN_REFUSED, ProblemError, unavailable
from runtime.clock import utc_now
from runtime.settings import read_secret

log = structlog.get_logger()

# Signatures with a key that the provider alone has; neither "none" nor a shared secret.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")  # fmt: skip
_TIMEOUT_S: Final = 5.0
_LEEWAY_S: Final = 60
_METADATA_S: Final = 3600.0
# Tokens with invented keys must not make this a client that knocks all the time.
_KEYS_PAUSE_S: Final = 30.0
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Begun(NamedTuple):
    """What one sign-in knows and its token must fit."""

    nonce: str
    verifier: str


class Vouched(NamedTuple):
    """For whom the provider vouches."""

    subject: str
    # None unless the provider has verified that it is theirs.
    email: str | None


class Provider:
    """The provider of the settings."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._settings = settings
        self._secret = read_secret(settings.oidc_client_secret_file)
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False)
        self._reading = asyncio.Lock()
        self._metadata: dict[str, Any] = {}
        self._metadata_at = float("-inf")
        self._keys: KeySet | None = None
        self._keys_at = float("-inf")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def address(self, state: str, begun: Begun) -> str:
        """Return where somebody goes to sign in; ProblemError (503) without the provider."""
        metadata = await self._discover()
        scope = "openid email" if self._settings.oidc_links_email else "openid"
        return str(
            prepare_grant_uri(
                metadata["authorization_endpoint"],
                self._settings.oidc_client_id,
                "code",
                redirect_uri=self._settings.oidc_redirect_url,
                scope=scope,
                state=state,
                nonce=begun.nonce,
                code_challenge=create_s256_code_challenge(begun.verifier),
                code_challenge_method="S256",
            )
        )

    async def vouched(self, code: str, begun: Begun) -> Vouched:
        """Return for whom a code stands; ProblemError (401) if its token does not hold."""
        token = await self._token_of(code, begun)
        try:
            claims = await self._claims(token, begun)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.warning("api.id_token_refused", reason=type(error).__name__, text=str(error))
            raise refused("the provider's token does not hold; the log says why") from None
        email = claims.get("email")
        is_verified = claims.get("email_verified") is True
        return Vouched(
            f"{self._settings.oidc_issuer} {claims['sub']}",
            email if is_verified and isinstance(email, str) else None,
        )

    async def _token_of(self, code: str, begun: Begun) -> str:
        metadata = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.oidc_redirect_url,
            "code_verifier": begun.verifier,
        }
        answer = await self._ask(
            "POST", metadata["token_endpoint"], **self._authenticated(form, metadata)
        )
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _away(f"token endpoint answers {answer.status_code}")
        token = _document(answer).get("id_token")
        if answer.status_code != httpx.codes.OK or not isinstance(token, str):
            log.warning("api.oidc_code_refused", status=answer.status_code)
            raise refused("the provider does not take this code: begin anew")
        return token

    def _authenticated(self, form: dict[str, str], metadata: dict[str, Any]) -> dict[str, Any]:
        client_id = self._settings.oidc_client_id
        if self._secret is None:
            return {"data": form | {"client_id": client_id}}
        taken = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in taken:
            # RFC 6749, 2.3.1: both are form-encoded first.
            auth = httpx.BasicAuth(quote(client_id, safe=""), quote(self._secret, safe=""))
            return {"data": form, "auth": auth}
        return {"data": form | {"client_id": client_id, "client_secret": self._secret}}

    async def _claims(self, token: str, begun: Begun) -> dict[str, Any]:
        try:
            found = jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            found = jwt.decode(token, await self._key_set(is_new=True), algorithms=ALGORITHMS)
        client_id = self._settings.oidc_client_id
        claims = CodeIDToken(
            found.claims,
            found.header,
            {
                "iss": {"essential": True, "value": self._settings.oidc_issuer},
                "aud": {"essential": True, "value": client_id},
            },
            {"nonce": begun.nonce, "client_id": client_id},
        )
        claims.validate(now=int(utc_now().timestamp()), leeway=_LEEWAY_S)
        return dict(claims)

    async def _key_set(self, *, is_new: bool = False) -> KeySet:
        async with self._reading:
            since_s = monotonic() - self._keys_at
            if self._keys is None or (is_new and since_s > _KEYS_PAUSE_S):
                metadata = await self._discover()
                self._keys_at = monotonic()
                answer = await self._ask("GET", metadata["jwks_uri"])
                self._keys = KeySet.import_key_set(_document(answer))  # type: ignore[arg-type] # JSON, checked there
            return self._keys

    async def _discover(self) -> dict[str, Any]:
        if monotonic() - self._metadata_at < _METADATA_S:
            return self._metadata
        issuer = self._settings.oidc_issuer
        where = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = _document(await self._ask("GET", where))
        # Discovery 1.0, 4.3: exactly what it was asked for, or it is somebody else's.
        if metadata.get("issuer") != issuer:
            raise _away(f"issuer is {metadata.get('issuer')!r}, not that of the settings")
        unsafe = [name for name in _ENDPOINTS if not is_safe_url(str(metadata.get(name, "")))]
        if unsafe:
            raise _away(f"{', '.join(unsafe)} missing or without TLS")
        self._metadata, self._metadata_at = metadata, monotonic()
        return metadata

    async def _ask(self, method: str, url: str, **how: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        try:
            return await self._client.request(method, url, **how)
        except httpx.HTTPError as error:
            raise _away(type(error).__name__) from None


def refused(detail: str) -> ProblemError:
    """Return the answer (401) to whoever is not let in."""
    return ProblemError(
        SIGN_IN_REFUSED, detail, headers={"WWW-Authenticate": 'Bearer realm="gridpatrol"'}
    )


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _away(f"answers {answer.status_code} without JSON")
    return found


def _away(reason: str) -> ProblemError:
    log.error("api.oidc_provider_unusable", reason=reason)
    return unavailable("the provider of identities cannot be used now; the log says why")
