from django.db import models as modelos


class Message(modelos.Model):
    text = modelos.TextField()


class Mensagem(modelos.Model):
    texto = modelos.TextField()

    class Meta:
        verbose_name = "mensagem"

    rótulo = verbose_name = Meta.verbose_name
