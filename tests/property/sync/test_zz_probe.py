"""Which seed catches which plant: run as a test in the tree."""
import asyncio, time
from collections import Counter
import pytest
from tests.property.sync.sql_hub import SqlServer
from tests.property.sync.test_protocol import walk
from tests.property.sync.test_sql import PLANTS, dsn, runner, server, MOST
def test_seeds(server, monkeypatch):
    d = Counter(); t=time.time()
    for s in range(10):
        x = server(); bad = walk(s, server=x); d += x.deaths
        if bad: print("\nCLEAN seed", s, bad)
    print("\n10 clean walks", round(time.time()-t,1), "s", d.total(), sorted(d.items()))
@pytest.mark.parametrize("plant", PLANTS)
def test_plant(plant, server, monkeypatch):
    for m, n, v in PLANTS[plant]: monkeypatch.setattr(m, n, v)
    t=time.time(); got=[]
    for s in range(MOST):
        try: bad = walk(s, plant, server=server(plant))
        except Exception as e: print("\nRAISED", plant, s, repr(e)[:300]); raise
        if bad: got.append((s, sorted(bad)))
        if len(got) >= 2 or time.time()-t > 25: break
    print("\nPLANT", plant, "walked", s+1, got, round(time.time()-t,1))
