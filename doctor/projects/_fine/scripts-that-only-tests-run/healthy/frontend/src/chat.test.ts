new WebSocket("ws://localhost:1234/fake");
