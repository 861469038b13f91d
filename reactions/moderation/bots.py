"""Which clients say that they are no reader: by the patterns of crawlerdetect, which know crawlers by User-Agent."""

import re

from crawlerdetect import CrawlerDetect

# Of a browser's User-Agent, those of applications that show pages in themselves included.
_LONGEST = 500
# The patterns take a time that grows with the square of a word: 5 seconds for one of 8,000 characters, and for a
# User-Agent of these bounds no more than for a browser's.
_LONG_WORD = re.compile(r"[\w-]{100}")

_patterns = CrawlerDetect()


def is_bot(user_agent: str) -> bool:
    """Whether this is the User-Agent of a known bot. One that is empty, or that no browser sends, is one, too."""
    agent = user_agent.strip()
    if not agent or len(agent) > _LONGEST or _LONG_WORD.search(agent):
        return True
    return bool(_patterns.is_crawler(agent))
