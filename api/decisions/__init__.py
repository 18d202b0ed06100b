"""What people decide: about findings, worker-days, months and appeals; by whom, when and why."""
