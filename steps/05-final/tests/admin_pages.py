"""The admin's pages, as a browser loads and saves them."""

import re


class Page:
    """A page of the admin, loaded now and perhaps saved later."""

    def __init__(self, browser, url):
        self.browser = browser
        self.url = url
        # What a browser would send back: the form of Django's own making.
        form = browser.get(url).context["adminform"].form
        self.content = {}
        for bound in form:
            if bound.field.disabled:
                continue
            self.add(bound, bound.field.widget, bound.html_name)
            if bound.field.show_hidden_initial:
                widget = bound.field.hidden_widget()
                self.add(bound, widget, bound.html_initial_name)

    def add(self, bound, widget, name):
        """Read the fields as HTML, as a browser would."""
        html = str(widget.render(name, bound.value(), {"id": name}))
        found = re.findall(r"<(?:input|textarea)[^>]*>", html)
        for one in found:
            given = dict(re.findall(r'(\w+)="([^"]*)"', one))
            is_box = given.get("type") == "checkbox"
            if is_box and "checked" not in one:
                continue
            value = given.get("value", "on" if is_box else "")
            self.content.setdefault(given["name"], []).append(value)
        for value in re.findall(r'<option value="([^"]*)"\s+selected', html):
            self.content.setdefault(name, []).append(value)

    def save(self, **changed):
        """Press Save, after some changes."""
        return self.browser.post(self.url, {**self.content, **changed}, follow=True)


def page_of(browser, one):
    """Load the page of a room or a person."""
    place = f"{one._meta.app_label}/{one._meta.model_name}"
    return Page(browser, f"/admin/{place}/{one.pk}/change/")


def members_of(room):
    """Return the names of the members of a room."""
    return sorted(room.members.values_list("username", flat=True))
