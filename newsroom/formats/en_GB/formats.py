"""Dates and times of the desk: 24 hours, as on the pages that the product renders itself."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
