from django.shortcuts import render


def home(request):
    return render(request, "home.html")


def sala(request, nome):
    return render(request, "sala.html", {"nome": nome})
