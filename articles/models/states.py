"""The states of the workflow, the sets of states that other modules use, and the types of articles."""

from django.db import models


class State(models.TextChoices):
    """The state of an article in the workflow."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHED = "published", "Published"
    CORRECTED = "corrected", "Corrected"
    UNPUBLISHED = "unpublished", "Unpublished"
    RETRACTED = "retracted", "Retracted"
    KILLED = "killed", "Killed"
    SPIKED = "spiked", "Spiked"
    MERGED = "merged", "Merged"  # into another article, which has its addresses and reactions


# SQL files name these sets `{{current_states}}` and `{{public_states}}`; no other place lists their states.

# Public and not retracted: what feeds carry and readers may react to.
CURRENT_STATES = (State.PUBLISHED, State.CORRECTED)

# What anyone may read. A retracted article stays, with its notice; a killed one does not.
PUBLIC_STATES = (*CURRENT_STATES, State.RETRACTED)

# What programs and the desk work on before it is public, or after it was.
WORKED_ON_STATES = (
    State.DRAFT,
    State.IN_REVIEW,
    State.SCHEDULED,
    State.UNPUBLISHED,
    State.SPIKED,
)

# What `expires_at` unpublishes. A retracted article stays for its notice.
EXPIRING_STATES = (State.SCHEDULED, *CURRENT_STATES)


class PubStatus(models.TextChoices):
    """What receivers of the article may do with it, in IPTC's three terms."""

    USABLE = "usable", "Usable"
    WITHHELD = "withheld", "Withheld"
    CANCELED = "canceled", "Canceled"


class ArticleType(models.TextChoices):
    """What sort of work an article is: the subtypes of schema.org's NewsArticle."""

    REPORTAGE = "reportage", "Reportage"
    ANALYSIS = "analysis", "Analysis"
    BACKGROUND = "background", "Background"
    OPINION = "opinion", "Opinion"
    REVIEW = "review", "Review"
