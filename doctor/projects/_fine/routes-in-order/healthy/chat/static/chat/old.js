new WebSocket("/ws/nothing/");
