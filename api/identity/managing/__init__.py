"""Accounts and their roles, within the reach of whoever manages them."""
