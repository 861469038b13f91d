"""The host's signed-in readers: a site's JWT is verified, and the reader whom it names reacts as one of ours."""
