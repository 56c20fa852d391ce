"""Who must sign in is sent to the sign-in page; a script is told so plainly, since it could not follow."""

from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

SIGNED_OUT = "You are signed out. Nothing was saved; what you typed is still on the page."


class SignedOutMiddleware(LoginRequiredMiddleware):
    """Answer a signed-out script 401 instead of redirecting it to a page that it cannot show."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., HttpResponse]) -> HttpResponseBase:
        """Redirect a person; tell a script."""
        is_script = request.headers.get("X-Requested-With") == "fetch" or request.headers.get("HX-Request") == "true"
        if not is_script:
            return super().handle_no_permission(request, view_func)
        response = JsonResponse({"error": SIGNED_OUT}, status=401)
        response["Cache-Control"] = "no-store"
        # The scheme that HTTP wants to be named: there is no other way in than the sign-in page.
        response["WWW-Authenticate"] = "Session"
        return response
