worker_class = "asgi"
