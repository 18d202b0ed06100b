"""What a person is asked to look at in the fixes of worker-days: findings, never numbers on people."""
