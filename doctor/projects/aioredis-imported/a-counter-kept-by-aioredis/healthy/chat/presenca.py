from redis import asyncio as aioredis


async def contar(sala):
    redis = aioredis.from_url("redis://127.0.0.1:6379")
    return await redis.incr(f"presentes:{sala}")
