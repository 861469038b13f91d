"""The hash by which an import is recognised: it must stay what earlier releases stored."""

import datetime as dt

from articles.formats.story import Author, Dateline, LeadImage, Origin, Story
from articles.ingest import fingerprints

WHOLE = Story(
    headline="The bridge is open",
    slug="bridge-opens",
    body_markdown="It opened at *noon*.",
    body_html="<p>It opened at <em>noon</em>.</p>",
    word_count=4,
    origin=Origin("story.md"),
    guid="tag:afp.example,2024:7",
    abstract="It took nine years.",
    byline="Ann Lee and Bo Park",
    dateline=Dateline("Damascus", "Rif", "SY", dt.date(2024, 12, 8), "AFP", "afp", "DAMASCUS —"),
    section="World",
    tags=("Bridges", "Syria"),
    language="en-GB",
    published_at=dt.datetime(2024, 12, 8, 9, 23, tzinfo=dt.UTC),
    lead_image=LeadImage("At noon.", "A bridge", "Bo Park", "https://afp.example/p.jpg"),
    subheadline="After nine years",
    short_headline="Bridge open",
    slugline="BRIDGE",
    authors=(Author("Ann Lee"), Author("Bo Park", "photographer")),
    subjects=("http://cv.iptc.org/newscodes/mediatopic/20000001",),
    urgency=3,
    copyright_holder="AFP",
    copyright_notice="© AFP",
    usage_terms="None.",
    credit_line="AFP",
    ed_note="Check the band.",
    source="AFP",
    source_item_id="7",
    source_version="2",
    source_url="https://afp.example/7",
    expires_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC),
)
BARE = Story("Open", "open", "Yes.", "<p>Yes.</p>", 1, Origin("a.md"))


def test_the_hash_of_a_story_is_the_one_that_earlier_releases_stored() -> None:
    """Computed by release 0.1.0. With another hash, every article imported before counts as edited."""
    assert fingerprints.hash_of(fingerprints.of_story(WHOLE)) == (
        "ad5a55cf94ebeefe55214fd78565ca08e7cc012835edddf93685c23e02713128"
    )
    assert fingerprints.hash_of(fingerprints.of_story(BARE)) == (
        "8d756f7ed14ec52da69c05ae7fcb95399335d3577a1555b1ab3c1dfca3ab1396"
    )
