"""What supervisors hear of soon: calls for help, workers outside, terminals that are silent."""
