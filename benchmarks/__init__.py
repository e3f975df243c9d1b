"""What docs/performance.md claims, measured as ratios in one run: `make bench`."""
