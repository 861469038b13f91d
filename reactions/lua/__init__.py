"""The Lua scripts of this folder, each named by its file."""

from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    return files(__name__).joinpath(f"{name}.lua").read_text("utf-8")
