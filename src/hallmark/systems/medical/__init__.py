"""Medical scans with clinical data: a finding for each scan, and the order in which people should look at them."""
