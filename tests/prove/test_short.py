"""The short form of the proofs, as CI runs it; the long one is by hand: docs/proof.md."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.house import ROOT

SEED = os.environ.get("PROVE_SEED", "2026")


def prove(*words: str, seconds: int) -> tuple[int, dict[str, Any]]:
    """Exit code and counts of `zhongshu prove …`."""
    command = [sys.executable, "-m", "server", "prove", *words, "--seed", SEED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    lines = done.stdout.splitlines()
    assert lines, done.stderr[-4000:]
    return done.returncode, json.loads(lines[-1])


@pytest.mark.timeout(700)
def test_the_chain_keeps_its_promises_while_everything_is_killed() -> None:
    code, counts = prove("chain", "--orders", "100", seconds=650)
    assert (code, counts["violations"]) == (0, []), counts
    assert counts["orders"] == 100 and counts["parcels_out"] >= 60
    # No walk in the park: processes and databases died, answers were lost, the door had something to refuse.
    kinds = counts["faults"]
    assert sum(n for kind, n in kinds.items() if kind.startswith("kill")) >= 10, kinds
    assert kinds["floor answer_lost"] > 3 and kinds["shops answer_lost"] > 3, kinds
    assert counts["refused_at_the_door"] > 0 and counts["buyers"]["address"] > 0


@pytest.mark.timeout(400)
def test_every_order_is_in_the_hub_once_and_whole_however_the_platforms_behave() -> None:
    code, counts = prove("orders", "--orders", "2000", seconds=350)
    assert (code, counts["violations"]) == (0, []), counts
    assert counts["placed"] == counts["exactly_once"] == counts["whole"] == 2000
    # It was a bad day: pages shifted, lists were late, answers were broken or lost, tokens ended, databases died.
    fired = {kind for kind, n in counts["faults"].items() if n}
    assert fired >= {"shift_pages", "late_visibility"}, counts
    assert fired & {"empty_fields", "malformed_fields", "receiver_gone"}, counts  # a slow machine asks less often
    assert fired & {"fail_before", "fail_after", "lost_answer", "late_apply", "busy", "rate_limit"}, counts
    assert counts["restarts"].get("kill worker") and counts["restarts"].get("kill postgres"), counts
    assert sum(t["refreshed"] for t in counts["tokens"].values()) > 0 and counts["rules_exercised"], counts


@pytest.mark.timeout(400)
def test_no_job_is_lost_or_done_twice() -> None:
    code, counts = prove("jobs", "--jobs", "1000", "--no-poison", seconds=350)
    assert (code, counts["violations"]) == (0, []), counts
    assert sum(counts["faults"].values()) >= 8 and counts["runs"] >= 700


@pytest.mark.timeout(400)
def test_a_planted_bug_turns_the_proof_red() -> None:
    code, counts = prove("jobs", "--jobs", "300", "--no-poison", "--plant", "ack-first", seconds=350)
    assert code == 1 and any(line.startswith("lost") for line in counts["violations"]), counts
