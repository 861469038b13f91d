"""Exports as other systems write them."""

import json

VARIENT = b"""\
"id","post_id","re_like","re_dislike","re_love","re_funny","re_angry","re_sad","re_wow"
"1","41","12","3","40","0","1",NULL,"2"
"2","42","1","0","0","0","0","0","0"
"""

VARIENT_POSTS = b"""\
id,title_slug
41,bridge-opens
42,never-ours
"""

WALINE = json.dumps(
    {
        "type": "waline",
        "version": 1,
        "time": 1760000000000,
        "tables": ["Comment", "Counter", "Users"],
        "data": {
            "Comment": [{"nick": "Ada", "comment": "Well put.", "url": "/2024/bridge-opens/"}],
            "Counter": [
                {
                    "objectId": 7,
                    "url": "/2024/bridge-opens/",
                    "time": 900,
                    "reaction0": 5,
                    "reaction1": 2,
                    "reaction5": 4,
                },
                {
                    "objectId": 8,
                    "url": "/2024/bridge-opens.html?utm=a",
                    "time": 3,
                    "reaction0": 1,
                    "reaction1": None,
                },
                {"objectId": 9, "url": "/about/", "time": 10, "reaction0": 1},
            ],
            "Users": [],
        },
    }
).encode()

WALINE_TABLE = b"""\
id,time,url,createdAt,updatedAt,reaction0,reaction1,reaction2
7,900,/2024/bridge-opens/,2024-12-08 09:00:00,2024-12-08 09:00:00,5,2,1
"""


def modx(*reactions: tuple[int, str | None]) -> bytes:
    """What `export` of MODX Reactions writes, for these pages and types."""
    items = [
        {
            "id": number,
            "class_key": "modResource",
            "object_id": page,
            "context": "web",
            "type_id": 3,
            "type": {"id": 3, "name": name, "emoji": "x"} if name else None,
            "user_id": None,
            "fingerprint": f"{number:064d}",
            "created_at": 1733649000,
            "updated_at": 1733649000,
        }
        for number, (page, name) in enumerate(reactions, start=1)
    ]
    return json.dumps({"exported_at": 1, "count": len(items), "items": items}, indent=4).encode()


MODX = modx((5, "love"), (5, "love"), (5, "down"), (5, "hooray"), (5, None), (6, "sad"))

GENERIC = "\ufeffarticle;love;sad;hearts;note\nbridge-opens;7;1;3;from the old site\n".encode()
