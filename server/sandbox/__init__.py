"""Four simulated shops and a carrier, over HTTP: real signatures, limits, paging and faults; invented people.

Shares no code with server.platforms: a shared sign() would verify its own mistake.
"""
