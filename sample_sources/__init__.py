"""Files of a fictional government, in the shapes in which public bodies really publish them."""
