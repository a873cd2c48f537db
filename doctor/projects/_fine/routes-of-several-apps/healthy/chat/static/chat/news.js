new WebSocket("/ws/news/today");
new WebSocket("/ws/old/?since=4");
