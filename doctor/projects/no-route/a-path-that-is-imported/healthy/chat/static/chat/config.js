export const CHAT_PATH = "/ws/chat/";
