"""Metrics of this process, which `/metrics` shows in the text format of Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

sockets = Gauge("chat_sockets", "Open sockets")
closes = Counter("chat_closes", "Sockets closed by the chat", ["code"])
errors = Counter("chat_errors", "Error frames sent", ["code"])
messages = Counter("chat_messages", "Messages received, by outcome", ["outcome"])
deliveries = Counter("chat_deliveries", "Messages queued for a socket")
batches = Histogram(
    "chat_batch_messages",
    "Messages stored in one transaction",
    buckets=(1, 2, 5, 10, 20, 50, 100),
)
storing = Histogram("chat_store_seconds", "Duration of a transaction")
repairs = Counter(
    "chat_repairs",
    "Reads of messages that the layer had lost, by what found them missing",
    ["found_by"],
)
layer_failures = Counter("chat_layer_failures", "Failed calls to the channel layer")
