from django.db import models


class Message(models.Model):
    text = models.TextField()


class Perfil(models.Model):
    foto = models.ImageField(upload_to="fotos")
