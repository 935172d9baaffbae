"""Shopee Open API v2: signed calls, order pull, write-back. What its bodies mean is in body.py."""
