"""What feed readers, crawlers and other sites fetch: feeds, sitemaps, ninjs, oEmbed, metadata; and the WebSub ping."""
