from chat.models.text import *
