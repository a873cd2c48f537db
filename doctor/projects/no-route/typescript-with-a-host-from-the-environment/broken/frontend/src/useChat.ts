// The old server had "ws://localhost:8000/ws/old/".
const SERVER: string = import.meta.env.VITE_WS_URL;

export function useChat(roomId: string, onText: (text: string) => void) {
  const socket = new WebSocket(`${SERVER}/ws/chat/${roomId}`);
  socket.onmessage = (event: MessageEvent) => onText(JSON.parse(event.data).text);
  return () => socket.close();
}
