"""The simulated SP-API: the same shop as JD's, by signed headers and REST paths. Its enums are placeholders (SIM_…)."""
