from django.apps import AppConfig
from django.db.models import signals as sinais


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self):
        from chat.signals import avisar

        sinais.post_delete.connect(avisar, sender="chat.Message")
