from django.urls import path

from chat import views

<<<<<<< HEAD
urlpatterns = [path("<str:room_name>/", views.room)]
=======
urlpatterns = [path("sala/<str:room_name>/", views.room)]
>>>>>>> 1f3b2c4 (rotas em português)
