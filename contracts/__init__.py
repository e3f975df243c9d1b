"""What is promised: data contracts, the checks they ask for, and the verdict on a candidate."""
