var e=message;document.body.innerHTML=e;new WebSocket("ws://localhost:8000/nowhere");
