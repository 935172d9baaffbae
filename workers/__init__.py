"""What runs after a commit: worker, dispatch, schedule and mover. Calls server's actions, decides nothing itself."""
