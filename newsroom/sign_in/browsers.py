"""A browser in words by its User-Agent: enough for its user to recognise it, and no more."""

# The first that is found: browsers name those whose pages they are taken for.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "HeadlessChrome": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


def browser_in_words(agent: str) -> str:
    browser = next((name for part, name in _BROWSERS.items() if part in agent), "A browser")
    system = next((name for part, name in _SYSTEMS.items() if part in agent), "")
    return f"{browser} on {system}" if system else browser
