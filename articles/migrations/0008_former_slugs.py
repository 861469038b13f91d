"""A slug that leads to an article is given to no other: checked where it is written, after every wait for a rival."""

from django.db import migrations

# After the row: a writer that had to wait for another's slug sees here what that one has committed.
FORWARDS = """
CREATE FUNCTION articles_refuse_former_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM articles_articleurl WHERE slug = NEW.slug AND article_id <> NEW.id) THEN
    RAISE EXCEPTION 'slug % leads to another article', NEW.slug
      USING ERRCODE = 'unique_violation', CONSTRAINT = 'articles_former_slug';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER articles_new_slug AFTER INSERT ON articles_article
   FOR EACH ROW EXECUTE FUNCTION articles_refuse_former_slug();
CREATE TRIGGER articles_changed_slug AFTER UPDATE OF slug ON articles_article
   FOR EACH ROW WHEN (OLD.slug IS DISTINCT FROM NEW.slug) EXECUTE FUNCTION articles_refuse_former_slug();
"""
BACKWARDS = """
DROP TRIGGER articles_changed_slug ON articles_article;
DROP TRIGGER articles_new_slug ON articles_article;
DROP FUNCTION articles_refuse_former_slug();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0007_descriptions")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
