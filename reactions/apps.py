"""The app of reactions: registers its hooks with articles, its checks, its roles, and what migrate remembers."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate


class ReactionsConfig(AppConfig):
    name = "reactions"
    verbose_name = "Reactions"
    default = True

    def ready(self) -> None:
        from articles.hooks import register_hooks
        from reactions import checks  # noqa: F401  # registers them
        from reactions.http.widget import Hooks

        register_hooks(Hooks())
        post_migrate.connect(grant_roles, sender=self)
        post_migrate.connect(remember_site_kinds, sender=self)


class TablesOnly(AppConfig):
    """For a process that reads counts and nothing else: what readers and editors use is not loaded."""

    name = "reactions"
    default = False


def grant_roles(sender: AppConfig, apps: Any = installed, **options: Any) -> None:
    """The permissions of the desk's roles: all see the statistics; editors also set policies and decide waves,
    publishers connect programs by webhooks."""
    from articles.roles import Role, grant, has_groups

    if not has_groups(apps):
        return
    may_view = {"view_reactedarticle"}
    may_decide = {
        *("view_reactedarticle", "change_reactedarticle"),
        *("view_wave", "change_wave", "view_wavedecision"),
        *(f"{verb}_defaultpolicy" for verb in ("view", "add", "change", "delete")),
    }
    may_connect = {
        *(f"{verb}_webhookendpoint" for verb in ("view", "add", "change", "delete")),
        "view_webhookdelivery",
    }
    grant(
        sender.label,
        {
            Role.STATISTICS: may_view,
            Role.EDITOR: may_decide,
            Role.PUBLISHER: may_decide | may_connect,
        },
    )


def remember_site_kinds(sender: AppConfig, apps: Any = installed, **options: Any) -> None:
    """The key of each bit, unless the tables are those of an earlier migration."""
    from reactions.known_kinds import write_kinds

    if "knownkind" in apps.all_models[sender.label]:
        write_kinds()
