"""A stand-in for `python -m server` in the supervisor's tests: ready at once, or ill as MODE_<NAME> says."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

name = sys.argv[1]
mode = os.environ.get(f"MODE_{name.upper()}", "")
sys.stderr.write(f"{name} begins\n")
if mode == "fails":
    raise SystemExit(f"{name} cannot")
if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", "600"])
if name == "demo":
    sys.stdout.write('{"logins": [{"login": "kefu", "password": "secret-1", "name": "小林", "role": "service"}]}')
if "READY_FILE" in os.environ:
    assert os.environ["DATABASE_URL"].startswith("postgresql://") and os.environ["REDIS_URL"]
    Path(os.environ["READY_FILE"]).touch()
    time.sleep(600)
