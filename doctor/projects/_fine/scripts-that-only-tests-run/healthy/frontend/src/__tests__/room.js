new WebSocket("/nowhere");
