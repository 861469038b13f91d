"""What takes a browser's patience, and other browsers: `make test-browsers`."""

from tests.browser.conftest import browser, chromium_path, playwright, slugs, visitor

__all__ = ["browser", "chromium_path", "playwright", "slugs", "visitor"]
