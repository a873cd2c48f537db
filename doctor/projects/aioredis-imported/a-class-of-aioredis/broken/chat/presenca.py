from aioredis import Redis as Cliente

cliente = Cliente()
