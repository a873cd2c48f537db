from django.contrib.auth import get_user_model
from django.utils.decorators import sync_only_middleware
from django.utils.timezone import now


@sync_only_middleware
def last_seen(get_response):
    def middleware(request):
        if request.user.is_authenticated:
            users = get_user_model().objects.filter(pk=request.user.pk)
            users.update(last_login=now())
        return get_response(request)

    return middleware
