"""What truly happens to reported matters: made without anything of what is measured by it."""
