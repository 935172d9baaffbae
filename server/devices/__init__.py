"""Floor devices: enrolment, what they may see, and what becomes of what they send."""
