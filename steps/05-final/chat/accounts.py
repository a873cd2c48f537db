"""People: making an account. Everything else about accounts is Django's own."""

from django.contrib.auth import login
from django.contrib.auth.forms import UserCreationForm
from django.urls import reverse_lazy
from django.views.generic import CreateView


class SignUp(CreateView):
    """Make an account and go on into the lobby, logged in."""

    form_class = UserCreationForm
    template_name = "registration/form.html"
    extra_context = {"title": "Sign up"}
    success_url = reverse_lazy("lobby")

    def form_valid(self, form):
        """Log in whoever has just made an account."""
        response = super().form_valid(form)
        login(self.request, self.object)
        return response
