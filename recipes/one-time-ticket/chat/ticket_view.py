"""POST /ticket/: a client with a token gets a ticket for one socket."""

from django.http import JsonResponse
from django.views.decorators.http import require_POST

from chat.tickets import VALID_FOR, ticket_for
from chat.tokens import BadToken, name_in


@require_POST
def new_ticket(request):
    """Return a ticket. The token is in a header, where no log shows it.

    The answer isn't stored by a browser or a proxy, or it would be used twice.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        name = name_in(token if scheme == "Bearer" else None)
    except BadToken as problem:
        return JsonResponse({"error": str(problem)}, status=401)
    content = {"ticket": ticket_for(name), "expires_in": VALID_FOR}
    return JsonResponse(content, headers={"Cache-Control": "no-store"})
