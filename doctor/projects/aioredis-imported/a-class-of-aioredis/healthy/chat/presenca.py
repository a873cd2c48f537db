from redis.asyncio import Redis as Cliente

cliente = Cliente()
