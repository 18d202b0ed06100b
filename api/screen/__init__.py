"""The supervisor's screen: the built files of `web/`, and the document its types are made of."""
