"""What this process counts; `/metrics` shows it in the text format of Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

sockets = Gauge("chat_sockets", "Open sockets")
closes = Counter("chat_closes", "Sockets closed by the chat", ["code"])
errors = Counter("chat_errors", "Error frames sent", ["code"])
messages = Counter(
    "chat_messages", "Messages taken, by what became of them", ["outcome"]
)
deliveries = Counter("chat_deliveries", "Messages put into a mailbox")
batches = Histogram(
    "chat_batch_messages",
    "Messages in a transaction",
    buckets=(1, 2, 5, 10, 20, 50, 100),
)
storing = Histogram("chat_store_seconds", "How long a transaction takes")
repairs = Counter(
    "chat_repairs",
    "Times that the layer had lost something, by who noticed",
    ["noticed"],
)
layer_failures = Counter("chat_layer_failures", "Failed calls of the channel layer")
