"""An article, and one reaction to it a reader."""

from django.db import models


class Kind(models.TextChoices):
    LIKE = "like"
    DISLIKE = "dislike"
    LOVE = "love"
    FUNNY = "funny"
    ANGRY = "angry"
    SAD = "sad"
    WOW = "wow"


class Article(models.Model):
    headline = models.CharField(max_length=300)
    is_published = models.BooleanField(default=True)

    objects: models.Manager["Article"] = models.Manager()

    class Meta:
        app_label = "textbook"

    def counts(self) -> dict[str, int]:
        chosen = Reaction.objects.filter(article=self).values_list("kind")
        return dict.fromkeys(Kind.values, 0) | dict(chosen.annotate(n=models.Count("id")))


class Reaction(models.Model):
    article = models.ForeignKey(Article, on_delete=models.CASCADE)
    reader = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    changed_at = models.DateTimeField(auto_now=True)

    objects: models.Manager["Reaction"] = models.Manager()

    class Meta:
        app_label = "textbook"
        constraints = [
            models.UniqueConstraint(fields=["article", "reader"], name="textbook_one_a_reader")
        ]
        indexes = [models.Index(fields=["article", "kind"], name="textbook_counts")]
