"""The longest address that the API promises to answer."""

from urllib.parse import quote

from articles.fields import SLUG_LENGTH
from reactions.http.requests import MOST_ARTICLES

# The slugs of as many articles as one call may name, each as long as one may be, the commas encoded as most clients do.
# In the path, where the echo of the tests shows it.
LONGEST_ADDRESS = "/api/" + quote(",".join(["a" * SLUG_LENGTH] * MOST_ARTICLES), safe="")
