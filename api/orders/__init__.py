"""Work orders: read by those whom they concern, and moved on as the workflow lets them."""
