from django.db import models as modelos


class Message(modelos.Model):
    text = modelos.TextField()


class Mensagem(modelo.Model):
    texto = modelos.TextField()
