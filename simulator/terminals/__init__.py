"""Terminals that cannot run the agent, as the simulator plays them.

Their encoders are written from the protocols' facts and not from the gateway, so that a misread
cannot cancel out.
"""
