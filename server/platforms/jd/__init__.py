"""JD's classic open platform (JOS): signed calls, order pull, write-back. What its bodies mean is in body.py."""
