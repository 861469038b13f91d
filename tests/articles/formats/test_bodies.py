"""Bodies from elsewhere: their pictures beside the text, players as links, shortcodes, escaped markup, footnotes."""

import pytest

from articles.formats import bodies
from articles.formats.story import LeadImage
from tests.articles.formats.wires import entry, mistakes, nitf, post, rss, stories, story, wxr

BASE = "https://paper.example/news/1"
PIER = "https://paper.example/pier.jpg"

PICTURES = [
    (
        f'<figure><img src="{PIER}" alt="Pier"><figcaption>At dawn.</figcaption></figure>',
        LeadImage("At dawn.", "Pier", url=PIER),
    ),
    (f'<a href="{PIER}"><img src="{PIER}"></a>', LeadImage("", url=PIER)),
    ('<img data-src="/pier.jpg" src="data:image/gif;base64,AA">', LeadImage("", url=PIER)),
    ('<img srcset="/s.jpg 300w, /pier.jpg 1200w" alt="Pier">', LeadImage("", "Pier", url=PIER)),
    (
        '<picture><source srcset="/x.webp"><img src="../pier.jpg"></picture>',
        LeadImage("", url=PIER),
    ),
    ('<noscript><img src="/pier.jpg" alt="Pier"></noscript>', LeadImage("", "Pier", url=PIER)),
    (
        '<figure><img src="/pier.jpg"><figcaption>At dawn. <span class="photo-credit">Bo Park</span></figcaption></figure>',
        LeadImage("At dawn.", "", "Bo Park", url=PIER),
    ),
]


@pytest.mark.parametrize(("html", "picture"), PICTURES)
def test_a_picture_goes_beside_the_text_with_its_words(html: str, picture: LeadImage) -> None:
    body = bodies.read(f"<p>Before.</p>{html}<p>After.</p>", base=BASE)

    assert body.pictures == (picture,)
    assert body.html == "<p>Before.</p><p>After.</p>"


LINKS = [
    (
        '<iframe src="https://v.example/e/1" title="The film"></iframe>',
        "https://v.example/e/1",
        "The film",
    ),
    ('<iframe data-src="//v.example/e/1"></iframe>', "https://v.example/e/1", "v.example"),
    (
        "<figure><div>\nhttps://v.example/watch?v=1\n</div></figure>",
        "https://v.example/watch?v=1",
        "v.example",
    ),
    ("<p>https://v.example/watch?v=1</p>", "https://v.example/watch?v=1", "v.example"),
    ("<video><source src='/film.mp4'></video>", "https://paper.example/film.mp4", "paper.example"),
    (
        "<figure><audio src='/a.mp3'></audio><figcaption>The song</figcaption></figure>",
        "https://paper.example/a.mp3",
        "The song",
    ),
    ('<object data="https://v.example/o"></object>', "https://v.example/o", "v.example"),
]


@pytest.mark.parametrize(("html", "url", "title"), LINKS)
def test_a_player_becomes_a_titled_link(html: str, url: str, title: str) -> None:
    body = bodies.read(f"<p>Before.</p>{html}", base=BASE)

    assert (
        body.html.replace("\n", "")
        == f'<p>Before.</p><p><a href="{url}" rel="noopener nofollow">{title}</a></p>'
    )
    assert body.notes == (f"as a link: {url}",)


STAYS = [
    "<figure><table><tbody><tr><td>1</td></tr></tbody></table><figcaption>Goals</figcaption></figure>",
    "<p>Read https://v.example/ first.</p>",
    "<p>He said <code>&lt;b class=x&gt;</code> and &lt;b&gt; and 1 &lt; 2 &amp; 3.</p>",
    "<pre>&lt;p&gt;x&lt;/p&gt;</pre>",
    "<p>AT&amp;T, R&amp;D; &amp;c.</p>",
]


@pytest.mark.parametrize("html", STAYS)
def test_what_is_text_stays(html: str) -> None:
    assert bodies.read(html, base=BASE) == bodies.Body(html)


def test_what_no_reader_sees_goes_and_a_caption_never_without_its_picture() -> None:
    html = (
        '<p>x<img src="https://t.example/p.gif" width="1" height="1"> <img class="emoji" alt="🙂" src="/e.png"></p>'
        "<figure><figcaption>Alone.</figcaption></figure><figure></figure><form><input></form><img alt='none'>"
    )

    body = bodies.read(html, base=BASE)

    assert body.html == "<p>x 🙂</p>"
    assert body.pictures == ()
    assert body.notes == ("left out: <form>", "left out: a picture without an address")


def test_escaped_markup_is_markup_and_made_safe() -> None:
    escaped = (
        "<p>Look:</p><p>&lt;div class='x'&gt;&lt;p&gt;Inside &lt;b&gt;it&lt;/b&gt;&lt;/p&gt;&lt;/div&gt;"
        "&lt;script src='https://x.example/e.js'&gt;&lt;/script&gt;</p><p>Q&amp;amp;A, it&amp;#8217;s</p>"
    )

    html = bodies.read(escaped).html

    assert "Inside <b>it</b>" in html
    assert "&lt;" not in html
    assert "script" not in html
    assert "<p>Q&amp;A, it’s</p>" in html


def test_footnotes_stay_in_the_page_and_other_relative_links_lead_to_their_site() -> None:
    html = bodies.read(
        '<p>So.<a href="#fn1" id="back">1</a> <a href="/o">o</a> <a href="#gone">g</a></p><ol><li id="fn1">Note. <a href="#back">^</a></li></ol>',
        base=BASE,
    ).html

    assert '<a id="note-back" href="#note-fn1"' in html
    assert '<li id="note-fn1">' in html
    assert 'href="#note-back"' in html
    assert 'href="https://paper.example/o"' in html
    assert 'href="#note-gone"' in html
    assert bodies.from_html(html, base=BASE) == html


SHORTCODES = [
    ("[dropcap]M[/dropcap]arket. [su_quote]Loud[/su_quote]", "<p>Market. Loud</p>", ()),
    ('[contact-form-7 id="12" title="x"] Text', "<p>Text</p>", ("left out: [contact-form-7]",)),
    ("He said [sic] so [applause] [Ed: no] [1].", "<p>He said [sic] so [applause] [Ed: no] [1].</p>", ()),
    ("[vc_row][vc_column width='1/2']Text[/vc_column][/vc_row]", "<p>Text</p>", ()),
    ("Text [gallery]", "<p>Text</p>", ("left out: [gallery]",)),
    ("Text\n\n[embed]https://v.example/1[/embed]", '<p>Text</p>\n<p><a href="https://v.example/1" rel="noopener nofollow">v.example</a></p>',
     ("as a link: https://v.example/1",)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "html", "notes"), SHORTCODES)
def test_shortcodes_go_and_their_content_stays(
    text: str, html: str, notes: tuple[str, ...]
) -> None:
    found = story(wxr(post(text)))

    assert (found.body_html, found.notes) == (html, notes)


def test_pictures_of_a_post_are_its_lead_image_and_gallery() -> None:
    attachment = (
        "<item><title>b</title><wp:post_id>9</wp:post_id><wp:post_type>attachment</wp:post_type>"
        "<excerpt:encoded>The boat.</excerpt:encoded><wp:attachment_url>https://paper.example/b.jpg</wp:attachment_url></item>"
    )
    text = (
        '<p>Before.</p><p>[caption id="x" width="300"]<img src="https://paper.example/a-300x200.jpg"/> The pier.[/caption]</p>'
        '[gallery ids="9,10"]<img src="https://paper.example/a.jpg" alt="Pier">'
    )

    found = story(wxr(post(text), attachment))

    assert found.lead_image == LeadImage(
        "The pier.", "Pier", url="https://paper.example/a-300x200.jpg"
    )
    assert found.pictures == (LeadImage("The boat.", url="https://paper.example/b.jpg"),)
    assert found.body_html == "<p>Before.</p>"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_an_export_is_recognised_by_every_form_of_its_namespace(scheme: str, version: str) -> None:
    assert story(wxr(post("It sails."), scheme=scheme, version=version)).slug == "ferry"
    assert (
        story(wxr(post("It sails.")).replace(b"http://wordpress", b"https://www.wordpress")).slug
        == "ferry"
    )


def test_entities_that_an_export_doubles_are_undone() -> None:
    labels = (
        '<category domain="category" nicename="a"><![CDATA[Arts &amp; Culture]]></category>'
        '<category domain="post_tag" nicename="q"><![CDATA[Q&amp;A]]></category>'
    )

    found = story(wxr(post("It sails.", title="Salt &amp; Sea", more=labels)))

    assert (found.headline, found.section, found.tags) == ("Salt & Sea", "Arts & Culture", ("Q&A",))
    assert story(rss(entry(more="<category><![CDATA[Q&amp;A]]></category>"))).tags == ("Q&A",)


@pytest.mark.parametrize(
    "text",
    ['<img src="https://paper.example/a.jpg">', '<iframe src="https://v.example/1"></iframe>'],
)
def test_a_post_that_is_a_picture_or_a_player_is_a_story(text: str) -> None:
    assert story(wxr(post(text))).headline == "The ferry sails"
    assert story(rss(entry(text))).headline == "The ferry sails"
    assert "body: is empty. (The ferry sails)" in mistakes(rss(entry("<p></p>")))


def test_pictures_of_nitf_and_its_other_media() -> None:
    media = (
        '<media media-type="{}"><media-reference source="https://wire.example/{}" alternate-text="Alt"/>'
        "<media-caption>Words.</media-caption></media>"
    )

    found = story(
        nitf(
            f"<p>x</p>{media.format('image', 'a.jpg')}{media.format('image', 'b.jpg')}{media.format('video', 'v.mp4')}"
        )
    )

    assert found.lead_image == LeadImage("Words.", "Alt", url="https://wire.example/a.jpg")
    assert [picture.url for picture in found.pictures] == ["https://wire.example/b.jpg"]
    assert (
        '<a href="https://wire.example/v.mp4" rel="noopener nofollow">Words.</a>' in found.body_html
    )
    assert found.notes[0] == "as a link: https://wire.example/v.mp4"


def test_a_headline_keeps_words_that_look_like_a_tag() -> None:
    one, two = stories(rss(
        entry(title="Tom &amp;amp; Jerry: how to use &lt;b&gt; tags", guid="1"),
        entry(title="The &lt;i&gt;Argo&lt;/i&gt; sails&lt;br&gt;again", guid="2"),
    ))  # fmt: skip

    assert (one.headline, two.headline) == (
        "Tom & Jerry: how to use <b> tags",
        "The Argo sails again",
    )
