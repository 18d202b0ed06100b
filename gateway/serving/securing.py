"""TLS of the gateway's own ports."""

import ssl

from gateway.settings import GatewaySettings
from patrol.errors import InputError


def tls_of(settings: GatewaySettings) -> ssl.SSLContext | None:
    """Return the server's TLS, None where it has no certificate."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except OSError as error:
        raise InputError(
            f"[gateway] tls_certificate {settings.tls_certificate} and tls_key "
            f"{settings.tls_key} cannot be used: {error}; give a chain and its key (PEM)"
        ) from error
    return context
