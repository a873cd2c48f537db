"""People: making an account. Everything else about accounts is Django's own."""

from django.contrib.auth import login
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.views import RedirectURLMixin
from django.urls import reverse_lazy
from django.views.generic import CreateView


class SignUp(RedirectURLMixin, CreateView):
    """Make an account and go on into the lobby, logged in."""

    form_class = UserCreationForm
    template_name = "registration/form.html"
    next_page = reverse_lazy("lobby")  # unless the address names another one of ours

    def get_success_url(self):
        """Return where somebody was going when asked to sign up."""
        return RedirectURLMixin.get_success_url(self)

    def form_valid(self, form):
        """Log in whoever has just made an account."""
        response = super().form_valid(form)
        login(self.request, self.object)
        return response
