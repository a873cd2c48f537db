worker_class = "asgi"
workers = 3
