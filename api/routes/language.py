"""In which language reasons are told: the one asked for, else the one that a browser prefers."""

from typing import Annotated

from fastapi import Depends, Header, Query, Response

from patrol.reasons import LANGUAGES, Language

ASKED = "language of the reasons; if not given, that of Accept-Language, else en"

AcceptLanguage = Annotated[str, Header(include_in_schema=False)]


def choose_language(lang: Language | None, accept_language: str, response: Response) -> Language:
    """Return the language of an answer, and say in its headers which it is."""
    chosen = lang or preferred(accept_language)
    response.headers["Content-Language"] = chosen
    response.headers["Vary"] = "Accept-Language"
    return chosen


def preferred(accept_language: str) -> Language:
    """Return which language the Accept-Language header likes best (RFC 9110, 12.5.4)."""
    liked = dict.fromkeys(LANGUAGES, 0.0)
    for part in accept_language.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        for language in LANGUAGES:
            # zh-CN and zh-Hans are read by whoever reads zh.
            if name.partition("-")[0] == language:
                liked[language] = max(liked[language], _quality(parameters))
    return max(LANGUAGES, key=lambda language: liked[language])


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


async def _asked(
    response: Response,
    lang: Annotated[Language | None, Query(description=ASKED)] = None,
    accept_language: AcceptLanguage = "",
) -> Language:
    return choose_language(lang, accept_language, response)


AskedLanguage = Annotated[Language, Depends(_asked)]
