const SERVER = import.meta.env.VITE_WS_URL; // wss://chat.example/ws
export const open = (room: string) => new WebSocket(`${SERVER}/chat/${room}/`);
