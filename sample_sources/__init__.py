"""Files of a fictional government, in the shapes in which public bodies really publish them."""

from sample_sources.errors import FolderNotOfSample, SampleError, TooFewRows
from sample_sources.maker import make_sample
from sample_sources.model import FileReport, Kind, Oddity, Progress, SampleReport, SampleSize

__all__ = [
    "FileReport",
    "FolderNotOfSample",
    "Kind",
    "Oddity",
    "Progress",
    "SampleError",
    "SampleReport",
    "SampleSize",
    "TooFewRows",
    "make_sample",
]
