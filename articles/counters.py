"""What this process counts for the metrics, of articles. newsroom/counter_store.py adds the processes up."""

from prometheus_client import CollectorRegistry, Counter

# Of every counter of the product: reactions/counters.py has the others.
COUNTERS = CollectorRegistry(auto_describe=True)

_pages = Counter(
    "newsroom_pages",
    "Pages for readers: from the page cache of the process, or rendered.",
    ["source"],
    registry=COUNTERS,
)
PAGES_FROM_CACHE, PAGES_RENDERED = _pages.labels("cache"), _pages.labels("rendered")
