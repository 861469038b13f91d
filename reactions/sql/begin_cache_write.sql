-- A number for a write of counts to Redis, and the highest number that Redis has confirmed by now.
-- Uses: the sequence reactions_cache_write; the key of reactions_cachestate. Locks nothing.
SELECT nextval('reactions_cache_write'), COALESCE((SELECT writes FROM reactions_cachestate), 0);
