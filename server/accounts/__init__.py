"""People, roles, sessions, and the guards in front of every route."""
