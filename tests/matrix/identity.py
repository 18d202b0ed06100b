"""Sessions, keys and accounts."""

from tests.matrix.cast import Row, Rows

ROWS: Rows = {
    ("post", "/v1/session"): Row(path="/v1/session", needs=None, changes=True, unknown=422),
    ("post", "/v1/session/refresh"): Row(
        path="/v1/session/refresh", needs=None, changes=True, unknown=422
    ),
    ("delete", "/v1/session"): Row(path="/v1/session", needs="session", changes=True),
    ("get", "/v1/me"): Row(path="/v1/me", needs=None),
    ("put", "/v1/me/password"): Row(path="/v1/me/password", needs="session", changes=True),
    ("get", "/v1/keys"): Row(path="/v1/keys", needs="session"),
    ("post", "/v1/keys"): Row(path="/v1/keys", needs="session", changes=True),
    ("delete", "/v1/keys/{name}"): Row(path="/v1/keys/none", needs="session", changes=True),
    ("get", "/v1/accounts"): Row(path="/v1/accounts", needs="accounts", shows='"wang"'),
    ("post", "/v1/accounts"): Row(path="/v1/accounts", needs="accounts", changes=True),
    ("get", "/v1/accounts/{account_id}"): Row(
        path="/v1/accounts/wang", needs="accounts", shows='"wang"'
    ),
    ("patch", "/v1/accounts/{account_id}"): Row(
        path="/v1/accounts/wang", needs="accounts", changes=True
    ),
    ("delete", "/v1/accounts/{account_id}/sessions"): Row(
        path="/v1/accounts/wang/sessions", needs="accounts", changes=True
    ),
    ("post", "/v1/accounts/{account_id}/roles"): Row(
        path="/v1/accounts/wang/roles", needs="accounts", changes=True
    ),
    ("delete", "/v1/accounts/{account_id}/roles/{grant_id}"): Row(
        path="/v1/accounts/wang/roles/1", needs="accounts", changes=True
    ),
    ("get", "/v1/oidc/login"): Row(
        path="/v1/oidc/login", needs=None, answers=404, to_strangers=404, unknown=404
    ),
    ("get", "/v1/oidc/callback"): Row(
        path="/v1/oidc/callback", needs=None, changes=True, unknown=404
    ),
}
