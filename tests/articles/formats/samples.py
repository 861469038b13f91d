"""One story in each format, as other systems send it."""

import json
from typing import Any

BODY = "<p>DAMASCUS, Dec 8 (AFP) — It opened at <em>noon</em>.</p><p>With a band.</p>"

NINJS_3: dict[str, Any] = {
    "uri": "tag:afp.example,2024:bridge",
    "type": "text",
    "version": "2",
    "firstCreated": "2024-12-08T09:23:00Z",
    "versionCreated": "2024-12-08T10:00:00Z",
    "pubStatus": "usable",
    "urgency": 4,
    "language": "en-gb",
    "headlines": [
        {"role": "main", "value": "The bridge is open"},
        {"role": "subheadline", "value": "After nine years"},
    ],
    "descriptions": [{"role": "summary", "value": "It took nine years."}],
    "bodies": [{"role": "main", "contentType": "text/html", "value": BODY}],
    "by": "Ann Lee",
    "people": [{"rel": "author", "name": "Ann Lee"}, {"rel": "about", "name": "The Mayor"}],
    "subjects": [
        {"rel": "section", "name": "World"},
        {"rel": "tag", "name": "Bridges"},
        {"uri": "http://cv.iptc.org/newscodes/mediatopic/20000001", "name": "arts"},
    ],
    "infoSources": [{"role": "source", "name": "AFP"}],
    "copyrightHolder": "AFP",
    "altIds": [{"role": "slug", "value": "bridge-opens"}],
    "associations": [
        {
            "name": "mainImage",
            "type": "picture",
            "uri": "tag:afp.example,2024:p",
            "by": "Bo Park",
            "descriptions": [{"role": "caption", "value": "The bridge at noon."}],
            "renditions": [
                {"name": "small", "href": "https://afp.example/s.jpg", "width": 320},
                {"name": "large", "href": "https://afp.example/p.jpg", "width": 1280},
                {"name": "film", "href": "https://afp.example/p.mp4", "contentType": "video/mp4"},
            ],
        }
    ],
}
NINJS_1: dict[str, Any] = {
    "uri": "urn:newsml:afp.example:20241208:bridge",
    "type": "text",
    "version": "2",
    "versioncreated": "2024-12-08T09:23:00Z",
    "pubstatus": "usable",
    "urgency": 4,
    "language": "en-GB",
    "headline": "The bridge is open",
    "byline": "Ann Lee",
    "body_html": BODY,
    "description_text": "It took nine years.",
    "subject": [{"name": "Bridges"}],
    "infosource": [{"name": "AFP"}],
    "altids": {"slug": "bridge-opens"},
    "associations": {
        "featureMedia": {
            "uri": "urn:p",
            "type": "picture",
            "description_text": "The bridge at noon.",
            "byline": "Bo Park",
            "renditions": {"original": {"href": "https://afp.example/p.jpg", "mimetype": ""}},
        }
    },
}

RSS = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>AFP</title><link>https://afp.example/</link><language>en-gb</language>
<item>
  <title>The bridge is open</title>
  <link>https://afp.example/news/bridge</link>
  <guid isPermaLink="false">bridge-1</guid>
  <dc:creator>Ann Lee</dc:creator>
  <pubDate>Sun, 08 Dec 2024 12:23:00 +0300</pubDate>
  <category>Bridges</category>
  <description>It took nine years.</description>
  <content:encoded><![CDATA[{BODY}]]></content:encoded>
  <media:content url="https://afp.example/p.jpg" medium="image">
    <media:description>The bridge at noon.</media:description><media:credit>Bo Park</media:credit>
  </media:content>
</item>
</channel></rss>
""".encode()

ATOM = b"""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">
<title>AFP</title><id>tag:afp.example,2024:feed</id><updated>2024-12-08T10:00:00Z</updated>
<entry>
  <title type="html">The bridge is &lt;b&gt;open&lt;/b&gt;</title>
  <id>tag:afp.example,2024:bridge</id>
  <link href="https://afp.example/news/bridge"/>
  <author><name>Ann Lee</name></author>
  <published>2024-12-08T09:23:00Z</published><updated>2024-12-08T10:00:00Z</updated>
  <category term="bridges" label="Bridges"/>
  <summary>It took nine years.</summary>
  <link rel="enclosure" type="image/jpeg" href="/p.jpg"/>
  <content type="html">&lt;p&gt;DAMASCUS, Dec 8 (AFP) \xe2\x80\x94 It opened at &lt;em&gt;noon&lt;/em&gt;.&lt;/p&gt;&lt;p&gt;With a band.&lt;/p&gt;</content>
</entry>
</feed>
"""

JSON_FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "AFP",
    "language": "en-GB",
    "items": [
        {
            "id": "bridge-1",
            "url": "https://afp.example/news/bridge",
            "title": "The bridge is open",
            "summary": "It took nine years.",
            "content_html": BODY,
            "date_published": "2024-12-08T12:23:00+03:00",
            "date_modified": "2024-12-08T10:00:00Z",
            "authors": [{"name": "Ann Lee"}],
            "tags": ["Bridges"],
            "image": "https://afp.example/p.jpg",
        }
    ],
}

NITF = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nitf SYSTEM "http://www.nitf.org/IPTC/NITF/3.5/specification/nitf-3-5.dtd">
<nitf>
<head><docdata management-status="usable">
  <doc-id regsrc="AFP" id-string="bridge-1"/><urgency ed-urg="4"/>
  <date.issue norm="20241208T092300Z"/><du-key key="bridge-opening" version="2"/>
  <doc.copyright holder="AFP"/><key-list><keyword key="Bridges"/></key-list>
</docdata></head>
<body>
  <body.head>
    <hedline><hl1>The bridge is open</hl1><hl2>After nine years</hl2></hedline>
    <byline>By <person>Ann Lee</person></byline>
    <dateline><location>DAMASCUS</location>, <story.date>Dec 8</story.date> (AFP) -</dateline>
    <abstract><p>It took nine years.</p></abstract>
  </body.head>
  <body.content>
    <media media-type="image"><media-reference alternate-text="A bridge"
        source="https://afp.example/p.jpg"/>
      <media-caption>The bridge at noon.</media-caption><media-producer>Bo Park</media-producer></media>
    <p>It opened at <em>noon</em>.</p><hl2>Music</hl2><p>With a band.</p>
  </body.content>
</body>
</nitf>
"""

NEWSML_G2 = b"""<?xml version="1.0" encoding="UTF-8"?>
<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:newsml:afp.example:20241208:bridge"
  version="2" standard="NewsML-G2" standardversion="2.33" conformance="power">
<rightsInfo><copyrightHolder literal="AFP"/><copyrightNotice>(c) AFP</copyrightNotice></rightsInfo>
<itemMeta>
  <itemClass qcode="ninat:text"/><provider literal="AFP"/>
  <versionCreated>2024-12-08T10:00:00Z</versionCreated>
  <firstCreated>2024-12-08T09:23:00Z</firstCreated>
  <pubStatus qcode="stat:usable"/>
</itemMeta>
<contentMeta>
  <urgency>4</urgency>
  <creator literal="a.lee"><name>Ann Lee</name></creator>
  <language tag="en-GB"/><keyword>Bridges</keyword>
  <subject qcode="medtop:20000001"/>
  <slugline>bridge-opening</slugline>
  <headline role="hld:main">The bridge is open</headline>
  <headline role="hld:subHeadline">After nine years</headline>
  <dateline>DAMASCUS, Dec 8 (AFP) -</dateline>
  <description role="drol:summary">It took nine years.</description>
</contentMeta>
<contentSet><inlineXML contenttype="application/xhtml+xml">
  <html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head>
  <body><p>It opened at <em>noon</em>.</p><p>With a band.</p></body></html>
</inlineXML>
<remoteContent contenttype="image/jpeg" width="320" href="https://afp.example/s.jpg"/>
<remoteContent contenttype="image/jpeg" width="1280" href="https://afp.example/p.jpg"/></contentSet>
</newsItem>
"""

WXR = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- made by WordPress -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>AFP</title><link>https://afp.example</link><language>en-GB</language>
<wp:author><wp:author_login>ann</wp:author_login>
  <wp:author_display_name><![CDATA[Ann Lee]]></wp:author_display_name></wp:author>
<item><title>p.jpg</title><wp:post_id>8</wp:post_id><wp:post_type>attachment</wp:post_type>
  <wp:attachment_url>https://afp.example/p.jpg</wp:attachment_url>
  <excerpt:encoded>The bridge at noon.</excerpt:encoded></item>
<item><title>About us</title><wp:post_type>page</wp:post_type><wp:status>publish</wp:status></item>
<item><title>Not yet</title><wp:post_type>post</wp:post_type><wp:status>draft</wp:status></item>
<item><title>Secret</title><wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
  <wp:post_password>x</wp:post_password></item>
<item>
  <title>The bridge is open</title><link>https://afp.example/bridge/</link>
  <guid isPermaLink="false">https://afp.example/?p=7</guid><dc:creator>ann</dc:creator>
  <content:encoded><![CDATA[DAMASCUS, Dec 8 (AFP) - It opened at <em>noon</em>.

[caption id="x"]With a band.[/caption]]]></content:encoded>
  <excerpt:encoded>It took nine years.</excerpt:encoded>
  <wp:post_id>7</wp:post_id><wp:post_date_gmt>2024-12-08 09:23:00</wp:post_date_gmt>
  <wp:post_modified_gmt>2024-12-08 10:00:00</wp:post_modified_gmt>
  <wp:post_name>bridge-opens</wp:post_name><wp:status>publish</wp:status>
  <wp:post_type>post</wp:post_type>
  <category domain="category" nicename="world">World</category>
  <category domain="post_tag" nicename="bridges">Bridges</category>
  <wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>8</wp:meta_value></wp:postmeta>
</item>
</channel></rss>
"""

HTML = b"""<!DOCTYPE html>
<html lang="en-GB"><head><title>The bridge is open | AFP</title>
<link rel="canonical" href="https://afp.example/news/bridge">
<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
  {"@type": "WebPage", "name": "x"},
  {"@type": ["ReportageNewsArticle"], "headline": "The bridge is open",
   "url": "https://afp.example/news/bridge",
   "description": "It took nine years.", "datePublished": "2024-12-08T12:23:00+03:00",
   "author": [{"@type": "Person", "name": "Ann Lee"}], "keywords": "Bridges",
   "articleSection": "World", "publisher": {"name": "AFP"}, "dateline": "DAMASCUS, Dec 8 (AFP) -",
   "image": {"@type": "ImageObject", "url": "https://afp.example/p.jpg",
     "caption": "The bridge at noon.", "creditText": "Bo Park"},
   "articleBody": "It opened at noon.\\n\\nWith a band."}]}</script>
</head><body><article><h1>The bridge is open</h1><p>It opened at noon.</p></article></body></html>
"""

PLAIN_HTML = b"""<!DOCTYPE html><html lang="en"><head><title>The bridge is open</title>
<meta property="og:url" content="https://afp.example/news/bridge"></head><body><nav>Home News Sport</nav>
<article><h1>The bridge is open</h1>
<p>The bridge opened at noon with a band, a speech and a crowd that had waited for nine years.</p>
<p>The mayor cut a ribbon, the drums began, and the first lorry crossed a little before one o'clock.</p>
<p>No one was hurt, the police said, and the market on the other bank sold out of bread by two.</p>
</article><script>alert(1)</script></body></html>"""

EVERY = {
    "ninjs3.json": json.dumps(NINJS_3).encode(),
    "ninjs1.json": json.dumps([NINJS_1]).encode(),
    "feed.json": json.dumps(JSON_FEED).encode(),
    "feed.rss": RSS,
    "feed.xml": ATOM,
    "story.nitf": NITF,
    "item.xml": NEWSML_G2,
    "export.xml": WXR,
    "page.html": HTML,
}
