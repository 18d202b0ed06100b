"""`python -m api.screen.document`: print the OpenAPI document, of which types are made."""

import json
import sys

from api.app import make_app
from api.auth import TokenFile
from api.settings import ApiSettings
from api.views import Views

if __name__ == "__main__":
    app = make_app(Views("", ApiSettings()), TokenFile(None))
    json.dump(app.openapi(), sys.stdout)
