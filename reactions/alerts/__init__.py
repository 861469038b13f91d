"""What editors are notified of without asking: alerts, when a rule finds something, and reports, at a time of day."""
