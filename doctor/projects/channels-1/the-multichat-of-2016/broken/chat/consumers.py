from channels import Group
from channels.auth import channel_session_user, channel_session_user_from_http


@channel_session_user_from_http
def ws_connect(message):
    Group("chat").add(message.reply_channel)


@channel_session_user
def ws_receive(message):
    Group("chat").send({"text": message["text"]})


def ws_disconnect(message):
    Group("chat").discard(message.reply_channel)
