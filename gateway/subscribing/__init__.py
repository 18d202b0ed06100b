"""Phones that speak OwnTracks to a broker: the gateway hears them there."""
