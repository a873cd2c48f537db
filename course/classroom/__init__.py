"""`course class`: a lesson in a room full of people, with their own phones in it.

network    this machine's addresses, and what sharing one means
fleet      what runs: the lessons, the chats of the steps, Redis
config/    our own Django project: its settings, its URLs, its two doors
room/      its app: the phone's page, the desk, the projector
command    the verb
pack       `class pack`: an offline kit
targets    what each system and Python needs of the lock, for that kit
"""
