export const CHAT_PATH = "/ws/chats/";
