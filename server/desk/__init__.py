"""What the desk sees across features: one order's whole page, and the counters. Reads only; owns no table."""
