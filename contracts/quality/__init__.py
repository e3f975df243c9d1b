"""What the checks say of a port's quality: dimensions, scores, drift, totals, coverage and use."""
